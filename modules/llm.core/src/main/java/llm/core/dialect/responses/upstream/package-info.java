/**
 * OpenAI's Responses dialect from the side of its client: requests written, answers read
 * (https://platform.openai.com/docs/api-reference/responses). No I/O. Reading is tolerant where
 * servers differ and strict where an answer would be wrong.
 */
package llm.core.dialect.responses.upstream;
