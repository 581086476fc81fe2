package llm.core.idempotency;

import java.time.Instant;

/**
 * What a key was first used for.
 *
 * @param principal whose key it is
 * @param request what it was used for
 * @param at when
 * @param expires until when it stands for that
 */
record FirstUse(String principal, Fingerprint request, Instant at, Instant expires) {}
