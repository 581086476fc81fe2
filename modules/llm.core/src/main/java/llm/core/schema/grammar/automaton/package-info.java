/** Regular languages over characters: made of expressions, joined, met, taken apart. */
package llm.core.schema.grammar.automaton;
