/** Prompt templates: text with named places. */
package llm.domain.prompt;
