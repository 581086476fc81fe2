package llm.core.dialect.llm;

import java.time.Duration;
import java.util.Locale;
import llm.core.dialect.json.JsonOut;
import llm.domain.error.LlmError;

/**
 * How errors are said on our own paths: {@code {"error":{"code","message","data","request_id"}}}.
 * {@code data} is an object with the error's facts, empty when it has none.
 */
public final class LlmErrors {
  private LlmErrors() {}

  /**
   * An error body as UTF-8 JSON.
   *
   * @param requestId the id under which the log has the request
   */
  public static byte[] body(LlmError error, String requestId) {
    var out = new JsonOut(256);
    write(error, requestId, out);
    return out.toBytes();
  }

  /** Writes the error's object, {@code {"error":{…}}}. */
  static void write(LlmError error, String requestId, JsonOut out) {
    out.object();
    field(error, requestId, out);
    out.endObject();
  }

  /** Writes the error as a field of the object that is open, {@code "error":{…}}. */
  public static void field(LlmError error, String requestId, JsonOut out) {
    out.name("error")
        .object()
        .field("code", error.code().wireName())
        .field("message", error.message())
        .name("data")
        .object();
    data(error, out);
    out.endObject().field("request_id", requestId).endObject();
  }

  private static void data(LlmError error, JsonOut out) {
    switch (error) {
      case LlmError.InvalidRequest e -> e.path().ifPresent(path -> out.field("path", path));
      case LlmError.InvalidJson e -> out.field("line", e.line()).field("column", e.column());
      case LlmError.Unsupported e -> out.field("path", e.path());
      case LlmError.ContextLengthExceeded e -> {
        out.field("model", e.model());
        if (e.promptTokens() > 0) {
          out.field("prompt_tokens", e.promptTokens());
        }
        if (e.contextTokens() > 0) {
          out.field("limit", e.contextTokens());
        }
      }
      case LlmError.InputTooLong e ->
          out.field("model", e.model())
              .field("path", e.path())
              .field("prompt_tokens", e.tokens())
              .field("limit", e.limitTokens());
      case LlmError.NotFound e -> out.field("kind", e.kind()).field("id", e.id());
      case LlmError.ModelNotFound e -> out.field("model", e.model());
      case LlmError.MethodNotAllowed e -> out.field("allowed", e.allowed());
      case LlmError.PayloadTooLarge e -> out.field("limit", e.limitBytes());
      case LlmError.UnsupportedMediaType e -> out.field("content_type", e.contentType());
      case LlmError.UnsupportedContentEncoding e ->
          out.field("content_encoding", e.contentEncoding());
      case LlmError.QueueFull e ->
          retry(out.field("queue", e.queue()).field("limit", e.capacity()), e.retryAfter());
      case LlmError.LimitExceeded e -> e.retryAfter().ifPresent(after -> retry(out, after));
      case LlmError.Overloaded e ->
          retry(out.field("resource", e.resource()).field("limit", e.limit()), e.retryAfter());
      case LlmError.ShuttingDown e -> retry(out, e.retryAfter());
      case LlmError.DeadlineExceeded e ->
          out.field("reason", e.reason().name().toLowerCase(Locale.ROOT))
              .field("limit_ms", e.budget().toMillis());
      case LlmError.Cancelled e -> out.field("reason", e.reason().name().toLowerCase(Locale.ROOT));
      case LlmError.ModelUnavailable e -> {
        out.field("model", e.model());
        e.retryAfter().ifPresent(after -> retry(out, after));
      }
      case LlmError.Conflict e -> e.retryAfter().ifPresent(after -> retry(out, after));
      case LlmError.StoreUnavailable e -> e.retryAfter().ifPresent(after -> retry(out, after));
      case LlmError.InvalidAnswer e -> out.field("path", e.path());
      case LlmError.ProviderFailed e -> out.field("provider", e.provider());
      case LlmError.ProviderRefused e -> {
        out.field("provider", e.provider()).field("upstream_status", e.httpStatus());
        e.upstreamCode().ifPresent(code -> out.field("upstream_code", code));
        e.retryAfter().ifPresent(after -> retry(out, after));
      }
      case LlmError.ProviderUnreachable e -> out.field("provider", e.provider());
      case LlmError.Unauthorized _,
          LlmError.Forbidden _,
          LlmError.IdempotencyKeyReused _,
          LlmError.UpgradeRequired _,
          LlmError.NotImplemented _,
          LlmError.Internal _ -> {
        // their message is all there is to say
      }
    }
  }

  private static void retry(JsonOut out, Duration after) {
    out.field("retry_after_seconds", Math.max(1, after.toSeconds()));
  }
}
