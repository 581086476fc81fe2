/**
 * Answers held to a grammar: which grammar a request asks for, which tokens it allows, and the
 * choice among them.
 */
package llm.gpu.grammar;
