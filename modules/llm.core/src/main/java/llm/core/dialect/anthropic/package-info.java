/** Anthropic's Messages: bodies of requests read, answers and streams written. */
package llm.core.dialect.anthropic;
