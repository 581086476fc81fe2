/** Prompts by the chat templates of models, and what models answer in the forms of theirs. */
package llm.core.template;
