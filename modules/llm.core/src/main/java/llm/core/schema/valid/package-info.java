/**
 * Judges JSON by JSON Schema (draft 2020-12): whether a text is one value that keeps to a schema,
 * and where it does not. Of its own, beside {@link llm.core.schema.Schema}, which knows what Java's
 * records can hold and reads while a text comes.
 */
package llm.core.schema.valid;
