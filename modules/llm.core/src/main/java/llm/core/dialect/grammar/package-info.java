/** Fields that hold an answer to a grammar, as servers of open models have them. */
package llm.core.dialect.grammar;
