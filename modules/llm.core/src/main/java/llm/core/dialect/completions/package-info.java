/** OpenAI's completions of before chats: a text that goes on, asked of models that chat. */
package llm.core.dialect.completions;
