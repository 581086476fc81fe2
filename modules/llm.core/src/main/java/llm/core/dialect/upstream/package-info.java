/**
 * What all dialects have in common from the side of their client: what reads an answer, what an
 * upstream's errors mean, the list of its models. No I/O.
 */
package llm.core.dialect.upstream;
