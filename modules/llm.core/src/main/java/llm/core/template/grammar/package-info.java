/** Grammars that calls of tools are held to, in the form that a model's family writes them. */
package llm.core.template.grammar;
