/**
 * What becomes of an answer whose target failed in its middle: it is asked for anew, or the next
 * target goes on from what was given.
 */
package llm.core.gateway.failover;
