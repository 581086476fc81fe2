/** Sets of values as rules of a grammar. */
package llm.core.schema.grammar.emit;
