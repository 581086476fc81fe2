/** Patterns and formats of strings as regular expressions. */
package llm.core.schema.grammar.text;
