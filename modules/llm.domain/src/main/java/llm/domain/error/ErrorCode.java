package llm.domain.error;

import java.util.Locale;

/** Stable names of failures, as they appear on the wire in lower case. */
public enum ErrorCode {
  INVALID_REQUEST,
  INVALID_JSON,
  UNSUPPORTED,
  CONTEXT_LENGTH_EXCEEDED,
  UNAUTHORIZED,
  FORBIDDEN,
  NOT_FOUND,
  MODEL_NOT_FOUND,
  METHOD_NOT_ALLOWED,
  CONFLICT,
  IDEMPOTENCY_KEY_REUSED,
  PAYLOAD_TOO_LARGE,
  UNSUPPORTED_MEDIA_TYPE,
  UPGRADE_REQUIRED,
  QUEUE_FULL,
  RATE_LIMIT_EXCEEDED,
  INSUFFICIENT_QUOTA,
  OVERLOADED,
  SHUTTING_DOWN,
  DEADLINE_EXCEEDED,
  CANCELLED,
  MODEL_UNAVAILABLE,
  STORE_UNAVAILABLE,
  INVALID_ANSWER,
  PROVIDER_FAILED,
  PROVIDER_REFUSED,
  PROVIDER_UNREACHABLE,
  NOT_IMPLEMENTED,
  INTERNAL;

  /** The code as JSON bodies and log lines carry it, for example {@code queue_full}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
