/**
 * Requests with an {@code Idempotency-Key} (draft-ietf-httpapi-idempotency-key-header-07): one key
 * is one answer, which is attached to while it is made and given again when it is kept.
 */
package llm.core.idempotency;
