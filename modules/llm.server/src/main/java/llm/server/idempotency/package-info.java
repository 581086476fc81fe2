/**
 * Requests with an {@code Idempotency-Key} at the edge of HTTP: what was answered, byte by byte.
 */
package llm.server.idempotency;
