/** The keywords of schemas as sets of values. */
package llm.core.schema.grammar.read;
