/** The text of a schema, the schemas in it and what their references point to. */
package llm.core.schema.grammar.document;
