/**
 * The OpenAI dialect from the side of its client: requests written, answers read, for every server
 * of the field that speaks it more or less. No I/O. Reading is tolerant where servers differ and
 * strict where an answer would be wrong: what is no JSON, or an error in any of the forms that are
 * in use, is a failure by name.
 */
package llm.core.dialect.openai.upstream;
