/**
 * One try of one request at one target: what is checked before, the guard over its answer, and the
 * account of it. What follows from a failure is decided elsewhere.
 */
package llm.core.gateway.attempt;
