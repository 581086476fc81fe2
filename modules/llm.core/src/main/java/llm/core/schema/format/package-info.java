/** Formats of strings that JSON Schema names, each by the document that defines it. */
package llm.core.schema.format;
