package llm.domain.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llm.domain.call.CancelReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LlmErrorTest {
  private static final Duration SOON = Duration.ofMillis(1_500);
  private static final Duration NOW = Duration.ZERO;

  static Stream<Arguments> errors() {
    return Stream.of(
        arguments(
            LlmError.InvalidRequest.at("max_tokens", "max_tokens 0 must be at least 1"),
            "invalid_request",
            "max_tokens 0 must be at least 1"),
        arguments(
            LlmError.InvalidRequest.of("The body is empty."),
            "invalid_request",
            "The body is empty."),
        arguments(
            new LlmError.InvalidJson("a value is missing", 2, 7),
            "invalid_json",
            "The body is not valid JSON at line 2, column 7: a value is missing"),
        arguments(
            new LlmError.Unsupported("n", "n above 1 is not supported; send n requests."),
            "unsupported",
            "n above 1 is not supported; send n requests."),
        arguments(
            new LlmError.ContextLengthExceeded("local", 5_000, 4_096),
            "context_length_exceeded",
            "The prompt takes 5000 tokens and leaves no room for an answer in the context of model"
                + " 'local', which holds 4096; shorten the messages."),
        arguments(
            new LlmError.ContextLengthExceeded("up/m", 0, 0),
            "context_length_exceeded",
            "The prompt leaves no room for an answer in the context of model 'up/m'; shorten the"
                + " messages."),
        arguments(
            new LlmError.InputTooLong("bert", 3, 600, 512),
            "context_length_exceeded",
            "input[3] takes 600 tokens, and model 'bert' reads at most 512 at once; shorten it or"
                + " send it in parts."),
        arguments(
            new LlmError.LimitExceeded(
                "Rule 'r' is used up.", false, Optional.of(Duration.ofSeconds(1))),
            "rate_limit_exceeded",
            "Rule 'r' is used up."),
        arguments(
            new LlmError.LimitExceeded("The day's dollars are spent.", true, Optional.empty()),
            "insufficient_quota",
            "The day's dollars are spent."),
        arguments(
            new LlmError.Unauthorized("An API key is needed."),
            "unauthorized",
            "An API key is needed."),
        arguments(
            new LlmError.Forbidden("Origin 'x' is not allowed."),
            "forbidden",
            "Origin 'x' is not allowed."),
        arguments(
            new LlmError.NotFound("endpoint", "/v2"), "not_found", "There is no endpoint '/v2'."),
        arguments(
            new LlmError.ModelNotFound("gpt-9"),
            "model_not_found",
            "The model 'gpt-9' does not exist here; GET /v1/models lists those that do."),
        arguments(
            new LlmError.MethodNotAllowed("PUT", "GET, POST"),
            "method_not_allowed",
            "Method PUT is not allowed here; use GET, POST."),
        arguments(
            new LlmError.Conflict("The task has ended already."),
            "conflict",
            "The task has ended already."),
        arguments(
            new LlmError.IdempotencyKeyReused("Take another key."),
            "idempotency_key_reused",
            "Take another key."),
        arguments(
            new LlmError.PayloadTooLarge(1_024),
            "payload_too_large",
            "The body is larger than the 1024 bytes that are accepted; send less or raise"
                + " server.max_body_bytes."),
        arguments(
            new LlmError.UnsupportedMediaType("text/xml"),
            "unsupported_media_type",
            "Content-Type 'text/xml' is not read here; send application/json."),
        arguments(
            new LlmError.UnsupportedContentEncoding("gzip"),
            "unsupported_media_type",
            "Content-Encoding 'gzip' is not undone here; send the body as it is, without that"
                + " header."),
        arguments(
            new LlmError.UpgradeRequired("Speak WebSocket."),
            "upgrade_required",
            "Speak WebSocket."),
        arguments(new LlmError.NotImplemented("Not here."), "not_implemented", "Not here."),
        arguments(
            new LlmError.QueueFull("local", 8, NOW),
            "queue_full",
            "The queue of local is full (8 waiting); try again in 1 s."),
        arguments(
            new LlmError.Overloaded("connections", 100, Duration.ofSeconds(3)),
            "overloaded",
            "All 100 connections are taken; try again in 3 s."),
        arguments(
            new LlmError.ShuttingDown(SOON),
            "shutting_down",
            "The server is shutting down and takes no new requests."),
        arguments(
            new LlmError.DeadlineExceeded(CancelReason.DEADLINE, "generation", SOON),
            "deadline_exceeded",
            "generation did not end within its 1500 ms."),
        arguments(
            new LlmError.DeadlineExceeded(CancelReason.FIRST_TOKEN, "generation", SOON),
            "deadline_exceeded",
            "generation gave no first token within its 1500 ms."),
        arguments(
            new LlmError.DeadlineExceeded(CancelReason.IDLE, "generation", SOON),
            "deadline_exceeded",
            "generation was silent for longer than its 1500 ms."),
        arguments(
            new LlmError.Cancelled(CancelReason.SHUTDOWN),
            "cancelled",
            "The generation was stopped because the server is shutting down."),
        arguments(
            new LlmError.Cancelled(CancelReason.USER),
            "cancelled",
            "The generation was stopped on request."),
        arguments(
            new LlmError.Cancelled(CancelReason.CLIENT_GONE),
            "cancelled",
            "The generation was stopped before its end."),
        arguments(
            new LlmError.ModelUnavailable("local", "The model's file is missing."),
            "model_unavailable",
            "The model's file is missing."),
        arguments(
            new LlmError.StoreUnavailable("The conversations are away.", Optional.of(SOON)),
            "store_unavailable",
            "The conversations are away."),
        arguments(
            new LlmError.InvalidAnswer("score", "score: expected a number, found a string (at 9)"),
            "invalid_answer",
            "The model's answer does not fit its schema: score: expected a number, found a string"
                + " (at 9)."),
        arguments(
            new LlmError.ProviderFailed("openai", "Provider openai broke off."),
            "provider_failed",
            "Provider openai broke off."),
        arguments(
            new LlmError.ProviderRefused(
                "up", 429, Optional.of("rate_limit"), "Slow down.", Optional.of(SOON)),
            "provider_refused",
            "Slow down."),
        arguments(
            new LlmError.ProviderUnreachable("up", "Connection refused."),
            "provider_unreachable",
            "Connection refused."),
        arguments(
            new LlmError.Internal(),
            "internal",
            "Internal error; the server's log has the cause under this request's id."));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void saysOneSentenceUnderAStableCode(LlmError error, String code, String message) {
    assertThat(error.code().wireName()).isEqualTo(code);
    assertThat(error.message()).isEqualTo(message);
    assertThat(new LlmException(error)).hasMessage(message).hasNoCause();
  }

  @Test
  void coversEveryErrorAndEveryCode() {
    List<LlmError> shown = errors().map(row -> (LlmError) row.get()[0]).toList();
    assertThat(shown)
        .extracting(error -> (Object) error.getClass())
        .containsAll(Arrays.asList(LlmError.class.getPermittedSubclasses()));
    assertThat(shown).extracting(LlmError::code).contains(ErrorCode.values());
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 399, 600})
  void aRefusalHasTheStatusOfAFailure(int status) {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new LlmError.ProviderRefused("up", status, Optional.empty(), "No.", Optional.empty()))
        .withMessage("status %d must be 400 to 599", status);
  }

  @Test
  void carriesItsCauseForTheLogOnly() {
    var cause = new IllegalStateException("secret detail");
    var exception = new LlmException(new LlmError.Internal(), cause);
    assertThat(exception).hasCause(cause);
    assertThat(exception.getMessage()).doesNotContain("secret");
    assertThat(exception.error()).isEqualTo(new LlmError.Internal());
  }
}
