/** Rules of a grammar, and their text. */
package llm.core.schema.grammar.rule;
