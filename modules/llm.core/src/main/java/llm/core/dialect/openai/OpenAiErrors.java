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
          LlmError.MethodNotAllowed _,
          LlmError.Conflict _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UpgradeRequired _ ->
          "invalid_request_error";
      case LlmError.Unauthorized _ -> "authentication_error";
      case LlmError.Forbidden _ -> "permission_error";
      case LlmError.NotFound _, LlmError.ModelNotFound _ -> "not_found_error";
      case LlmError.QueueFull _ -> "rate_limit_error";
      case LlmError.Overloaded _,
          LlmError.ShuttingDown _,
          LlmError.DeadlineExceeded _,
          LlmError.Cancelled _,
          LlmError.ModelUnavailable _,
          LlmError.ProviderFailed _,
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
      case LlmError.ModelNotFound _, LlmError.ModelUnavailable _ -> Optional.of("model");
      case LlmError.InvalidJson _,
          LlmError.MethodNotAllowed _,
          LlmError.Conflict _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UpgradeRequired _,
          LlmError.NotImplemented _,
          LlmError.Unauthorized _,
          LlmError.Forbidden _,
          LlmError.NotFound _,
          LlmError.QueueFull _,
          LlmError.Overloaded _,
          LlmError.ShuttingDown _,
          LlmError.DeadlineExceeded _,
          LlmError.Cancelled _,
          LlmError.ProviderFailed _,
          LlmError.Internal _ ->
          Optional.empty();
    };
  }

  /** Clients of OpenAI look for this one code by its name; all others are ours. */
  private static String code(LlmError error) {
    return error instanceof LlmError.Unauthorized ? "invalid_api_key" : error.code().wireName();
  }
}
