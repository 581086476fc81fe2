package llm.core.dialect.openai;

import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.domain.error.LlmError;

/** How our errors are said in the OpenAI dialect: {@code message, type, param, code}. */
final class OpenAiErrors {
  private OpenAiErrors() {}

  /** Writes the {@code {"error":{…}}} object; all four fields are present, param may be null. */
  static JsonOut write(LlmError error, JsonOut out) {
    return out.object()
        .name("error")
        .object()
        .field("message", error.message())
        .field("type", type(error))
        .fieldOrNull("param", param(error))
        .field("code", code(error))
        .endObject()
        .endObject();
  }

  private static String type(LlmError error) {
    return switch (error) {
      case LlmError.InvalidRequest _,
          LlmError.InvalidJson _,
          LlmError.Unsupported _,
          LlmError.ContextLengthExceeded _,
          LlmError.InputTooLong _,
          LlmError.MethodNotAllowed _,
          LlmError.Conflict _,
          LlmError.IdempotencyKeyReused _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UnsupportedContentEncoding _,
          LlmError.UpgradeRequired _ ->
          "invalid_request_error";
      case LlmError.Unauthorized _ -> "authentication_error";
      case LlmError.Forbidden _ -> "permission_error";
      case LlmError.NotFound _, LlmError.ModelNotFound _ -> "not_found_error";
      case LlmError.QueueFull _ -> "rate_limit_error";
      case LlmError.LimitExceeded limit ->
          limit.isQuota() ? "insufficient_quota" : "rate_limit_error";
      case LlmError.ProviderRefused refused -> refusal(refused.httpStatus());
      case LlmError.Overloaded _,
          LlmError.ShuttingDown _,
          LlmError.DeadlineExceeded _,
          LlmError.Cancelled _,
          LlmError.ModelUnavailable _,
          LlmError.StoreUnavailable _,
          LlmError.InvalidAnswer _,
          LlmError.ProviderFailed _,
          LlmError.ProviderUnreachable _,
          LlmError.NotImplemented _,
          LlmError.Internal _ ->
          "server_error";
    };
  }

  private static Optional<String> param(LlmError error) {
    return switch (error) {
      case LlmError.InvalidRequest invalid -> invalid.path();
      case LlmError.Unsupported unsupported -> Optional.of(unsupported.path());
      case LlmError.ContextLengthExceeded _ -> Optional.of("messages");
      case LlmError.InputTooLong tooLong -> Optional.of(tooLong.path());
      case LlmError.ModelNotFound _, LlmError.ModelUnavailable _ -> Optional.of("model");
      case LlmError.InvalidJson _,
          LlmError.MethodNotAllowed _,
          LlmError.Conflict _,
          LlmError.IdempotencyKeyReused _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UnsupportedContentEncoding _,
          LlmError.UpgradeRequired _,
          LlmError.NotImplemented _,
          LlmError.Unauthorized _,
          LlmError.Forbidden _,
          LlmError.NotFound _,
          LlmError.QueueFull _,
          LlmError.LimitExceeded _,
          LlmError.Overloaded _,
          LlmError.ShuttingDown _,
          LlmError.DeadlineExceeded _,
          LlmError.Cancelled _,
          LlmError.StoreUnavailable _,
          LlmError.InvalidAnswer _,
          LlmError.ProviderFailed _,
          LlmError.ProviderRefused _,
          LlmError.ProviderUnreachable _,
          LlmError.Internal _ ->
          Optional.empty();
    };
  }

  /** A provider's refusal of the request is the client's to mend, of our key is ours. */
  private static String refusal(int status) {
    return switch (status) {
      case 404 -> "not_found_error";
      case 429 -> "rate_limit_error";
      case 400, 413, 422 -> "invalid_request_error";
      default -> "server_error";
    };
  }

  /**
   * Clients of OpenAI look for some codes by their names: the one of a bad key, and those that a
   * provider gave. All others are ours.
   */
  private static String code(LlmError error) {
    return switch (error) {
      case LlmError.Unauthorized _ -> "invalid_api_key";
      case LlmError.ProviderRefused refused ->
          refused.upstreamCode().orElseGet(() -> error.code().wireName());
      default -> error.code().wireName();
    };
  }
}
