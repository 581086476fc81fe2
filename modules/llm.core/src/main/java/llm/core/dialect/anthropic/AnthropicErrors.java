package llm.core.dialect.anthropic;

import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.domain.error.LlmError;

/** How our errors are said in this dialect: {@code type, message} and the request's id. */
final class AnthropicErrors {
  /** What our types call otherwise than this dialect. */
  private static final Map<String, String> NAMES =
      Map.of(
          "reasoning_effort", "thinking",
          "response_format", "output_config.format",
          "parallel_tool_calls", "tool_choice.disable_parallel_tool_use",
          "stop", "stop_sequences");

  private AnthropicErrors() {}

  /** Writes the {@code {"type":"error","error":{…},"request_id":…}} object. */
  static JsonOut write(LlmError error, String requestId, JsonOut out) {
    out.object()
        .field("type", "error")
        .name("error")
        .object()
        .field("type", type(error))
        .field("message", message(error));
    if (error instanceof LlmError.Unsupported refused
        && refused.path().equals(MessagesReader.THREAD)) {
      thread(out);
    }
    return out.endObject().field("request_id", requestId).endObject();
  }

  /** By this the API's clients know that they must send the whole conversation themselves. */
  private static void thread(JsonOut out) {
    out.name("details").object().field("error_code", "thread_unsupported_request");
    out.name("unsupported").array().value(MessagesReader.THREAD).endArray().endObject();
  }

  /** Whether it is told as {@code overloaded_error}, whose status is 529. */
  static boolean isOverload(LlmError error) {
    return switch (error) {
      case LlmError.Overloaded _, LlmError.ShuttingDown _, LlmError.StoreUnavailable _ -> true;
      case LlmError.ProviderRefused refused ->
          refused.httpStatus() == 503 || refused.httpStatus() == 529;
      default -> false;
    };
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
          LlmError.UnsupportedMediaType _,
          LlmError.UnsupportedContentEncoding _,
          LlmError.UpgradeRequired _ ->
          "invalid_request_error";
      case LlmError.PayloadTooLarge _ -> "request_too_large";
      case LlmError.Unauthorized _ -> "authentication_error";
      case LlmError.Forbidden _ -> "permission_error";
      case LlmError.NotFound _, LlmError.ModelNotFound _ -> "not_found_error";
      case LlmError.QueueFull _, LlmError.LimitExceeded _ -> "rate_limit_error";
      case LlmError.Overloaded _, LlmError.ShuttingDown _, LlmError.StoreUnavailable _ ->
          "overloaded_error";
      case LlmError.DeadlineExceeded _ -> "timeout_error";
      case LlmError.ProviderRefused refused -> refusal(refused.httpStatus());
      case LlmError.Cancelled _,
          LlmError.ModelUnavailable _,
          LlmError.InvalidAnswer _,
          LlmError.ProviderFailed _,
          LlmError.ProviderUnreachable _,
          LlmError.NotImplemented _,
          LlmError.Internal _ ->
          "api_error";
    };
  }

  /** A provider's refusal of the request is the client's to mend, of our key is ours. */
  private static String refusal(int status) {
    return switch (status) {
      case 400, 422 -> "invalid_request_error";
      case 404 -> "not_found_error";
      case 408, 504 -> "timeout_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      default -> "api_error";
    };
  }

  /** There is no field for the place, so the sentence begins with it unless it names it anyway. */
  private static String message(LlmError error) {
    Optional<String> path =
        switch (error) {
          case LlmError.InvalidRequest invalid -> invalid.path();
          case LlmError.Unsupported unsupported -> Optional.of(unsupported.path());
          default -> Optional.empty();
        };
    return path.map(place -> NAMES.getOrDefault(place, place))
        .filter(place -> !error.message().contains(place))
        .map(place -> place + ": " + error.message())
        .orElseGet(error::message);
  }
}
