/** Prompts as people write them: templates with places to fill; and those that are kept warm. */
package llm.domain.prompt;
