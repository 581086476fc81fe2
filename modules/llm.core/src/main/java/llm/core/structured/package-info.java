/**
 * Structured answers while they come (C-3): from a stream of text that is JSON to values of a
 * record, and to what of an answer the user may see.
 */
package llm.core.structured;
