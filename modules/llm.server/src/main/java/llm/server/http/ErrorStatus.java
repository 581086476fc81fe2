package llm.server.http;

import java.time.Duration;
import java.util.Optional;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;

/** The one place that maps failures to HTTP. */
public final class ErrorStatus {
  /** nginx's word for a client that left; it stands in the log, nobody is there to read it. */
  static final int CLIENT_CLOSED = 499;

  private ErrorStatus() {}

  /** The status that says {@code error}. */
  public static int of(LlmError error) {
    return switch (error) {
      case LlmError.InvalidRequest _ -> 400;
      case LlmError.InvalidJson _ -> 400;
      case LlmError.Unsupported _ -> 400;
      case LlmError.ContextLengthExceeded _ -> 400;
      case LlmError.InputTooLong _ -> 400;
      case LlmError.Unauthorized _ -> 401;
      case LlmError.Forbidden _ -> 403;
      case LlmError.NotFound _ -> 404;
      case LlmError.ModelNotFound _ -> 404;
      case LlmError.MethodNotAllowed _ -> 405;
      case LlmError.Conflict _ -> 409;
      case LlmError.IdempotencyKeyReused _ -> 422;
      case LlmError.PayloadTooLarge _ -> 413;
      case LlmError.UnsupportedMediaType _ -> 415;
      case LlmError.UnsupportedContentEncoding _ -> 415;
      case LlmError.UpgradeRequired _ -> 426;
      case LlmError.QueueFull _ -> 429;
      case LlmError.LimitExceeded _ -> 429;
      case LlmError.Overloaded _ -> 503;
      case LlmError.ShuttingDown _ -> 503;
      case LlmError.ModelUnavailable _ -> 503;
      case LlmError.StoreUnavailable _ -> 503;
      case LlmError.DeadlineExceeded _ -> 504;
      case LlmError.InvalidAnswer _ -> 502;
      case LlmError.ProviderFailed _ -> 502;
      case LlmError.ProviderRefused refused -> refused(refused.httpStatus());
      case LlmError.ProviderUnreachable _ -> 502;
      case LlmError.Internal _ -> 500;
      case LlmError.NotImplemented _ -> 501;
      case LlmError.Cancelled(CancelReason reason) -> cancelled(reason);
    };
  }

  /** When to try again, for those failures that pass. */
  public static Optional<Duration> retryAfter(LlmError error) {
    return switch (error) {
      case LlmError.QueueFull(_, _, Duration after) -> Optional.of(after);
      case LlmError.LimitExceeded limit -> limit.retryAfter();
      case LlmError.Overloaded(_, _, Duration after) -> Optional.of(after);
      case LlmError.ShuttingDown(Duration after) -> Optional.of(after);
      case LlmError.StoreUnavailable(_, Optional<Duration> after) -> after;
      case LlmError.ModelUnavailable(_, _, Optional<Duration> after) -> after;
      case LlmError.Conflict(_, Optional<Duration> after) -> after;
      case LlmError.ProviderRefused refused -> refused.retryAfter();
      case LlmError.InvalidRequest _,
          LlmError.InvalidJson _,
          LlmError.Unsupported _,
          LlmError.ContextLengthExceeded _,
          LlmError.InputTooLong _,
          LlmError.Unauthorized _,
          LlmError.Forbidden _,
          LlmError.NotFound _,
          LlmError.ModelNotFound _,
          LlmError.MethodNotAllowed _,
          LlmError.IdempotencyKeyReused _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UnsupportedContentEncoding _,
          LlmError.UpgradeRequired _,
          LlmError.NotImplemented _,
          LlmError.DeadlineExceeded _,
          LlmError.InvalidAnswer _,
          LlmError.ProviderFailed _,
          LlmError.ProviderUnreachable _,
          LlmError.Cancelled _,
          LlmError.Internal _ ->
          Optional.empty();
    };
  }

  /** The error's answer in a dialect, with the headers that its status asks for. */
  static Response.Full response(LlmError error, ErrorFormat format, CallId request) {
    var response = Response.json(format.status(error), format.body(error, request));
    for (var header : format.headers(request).entrySet()) {
      response = response.with(header.getKey(), header.getValue());
    }
    var after = retryAfter(error);
    if (after.isPresent()) {
      response = response.with("retry-after", Long.toString(wholeSeconds(after.get())));
    }
    if (error instanceof LlmError.LimitExceeded limit) {
      response = limited(response, limit);
    }
    return switch (error) {
      case LlmError.Unauthorized _ -> response.with("www-authenticate", "Bearer");
      case LlmError.MethodNotAllowed(_, String allowed) -> response.with("allow", allowed);
      // RFC 9110, section 12.5.3: says that it was the coding, and which one is read
      case LlmError.UnsupportedContentEncoding _ -> response.with("accept-encoding", "identity");
      case LlmError.UpgradeRequired _ ->
          response
              .with("upgrade", "websocket")
              .with("connection", "upgrade")
              .with("sec-websocket-version", "13");
      case LlmError.ShuttingDown _, LlmError.PayloadTooLarge _ ->
          response.with("connection", "close");
      default -> response;
    };
  }

  /** Clients of OpenAI's SDKs obey these; what can never be let in is not to be tried again. */
  private static Response.Full limited(Response.Full response, LlmError.LimitExceeded limit) {
    return limit
        .retryAfter()
        .map(after ->
            response.with(
                "retry-after-ms", Long.toString(Math.max(1, after.plusNanos(999_999).toMillis()))))
        .orElseGet(() -> response.with("x-should-retry", "false"));
  }

  /** Rounded up, 1 or more: clients take an integer only. */
  private static long wholeSeconds(Duration after) {
    return Math.max(1, after.plusNanos(999_999_999).toSeconds());
  }

  /**
   * What a provider's status is to our client: the same where it is about the request, 502 where it
   * is about us (our key, our way of asking) or the provider broke, 503 where it only is not ready.
   * 529 is how some say that they are overloaded.
   */
  private static int refused(int status) {
    return switch (status) {
      case 400, 404, 413, 422, 429 -> status;
      case 503, 529 -> 503;
      case 408, 504 -> 504;
      default -> 502;
    };
  }

  private static int cancelled(CancelReason reason) {
    return switch (reason) {
      case DEADLINE, FIRST_TOKEN, IDLE -> 504;
      case SHUTDOWN -> 503;
      case CLIENT_GONE, USER, HEDGE_LOST, CLOSED -> CLIENT_CLOSED;
    };
  }
}
