/** For tests of grammars: schemas by chance, and a simple machine that shares no code with them. */
package llm.core.testkit.grammar;
