package llm.core.dialect.responses;

import llm.core.dialect.json.JsonOut;
import llm.domain.error.LlmError;

/** Why a response failed, as its object says it: {@code code} and {@code message}. */
final class ResponseErrors {
  private ResponseErrors() {}

  static void write(LlmError error, JsonOut out) {
    out.object().field("code", code(error)).field("message", error.message()).endObject();
  }

  /** The three of OpenAI's codes that are not of images; what it is exactly the message says. */
  static String code(LlmError error) {
    return switch (error.code()) {
      case QUEUE_FULL, OVERLOADED -> "rate_limit_exceeded";
      case INVALID_REQUEST, UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED -> "invalid_prompt";
      case CANCELLED -> "cancelled";
      case PROVIDER_REFUSED ->
          error instanceof LlmError.ProviderRefused refused && refused.httpStatus() == 429
              ? "rate_limit_exceeded"
              : "server_error";
      default -> "server_error";
    };
  }
}
