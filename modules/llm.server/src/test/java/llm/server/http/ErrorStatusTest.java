package llm.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorStatusTest {
  private static final Duration SOON = Duration.ofMillis(1);

  static Stream<Arguments> table() {
    return Stream.of(
        Arguments.of(400, LlmError.InvalidRequest.of("x")),
        Arguments.of(400, new LlmError.InvalidJson("x", 1, 1)),
        Arguments.of(400, new LlmError.Unsupported("n", "x")),
        Arguments.of(400, new LlmError.ContextLengthExceeded("m", 9, 8)),
        Arguments.of(400, new LlmError.InputTooLong("m", 0, 9, 8)),
        Arguments.of(401, new LlmError.Unauthorized("x")),
        Arguments.of(403, new LlmError.Forbidden("x")),
        Arguments.of(404, new LlmError.NotFound("endpoint", "/x")),
        Arguments.of(404, new LlmError.ModelNotFound("m")),
        Arguments.of(405, new LlmError.MethodNotAllowed("PUT", "GET")),
        Arguments.of(409, new LlmError.Conflict("x")),
        Arguments.of(422, new LlmError.IdempotencyKeyReused("x")),
        Arguments.of(413, new LlmError.PayloadTooLarge(1)),
        Arguments.of(415, new LlmError.UnsupportedMediaType("text/plain")),
        Arguments.of(415, new LlmError.UnsupportedContentEncoding("gzip")),
        Arguments.of(426, new LlmError.UpgradeRequired("x")),
        Arguments.of(501, new LlmError.NotImplemented("x")),
        Arguments.of(429, new LlmError.QueueFull("q", 1, SOON)),
        Arguments.of(503, new LlmError.Overloaded("places", 1, SOON)),
        Arguments.of(503, new LlmError.ShuttingDown(SOON)),
        Arguments.of(503, new LlmError.ModelUnavailable("m", "x")),
        Arguments.of(503, new LlmError.StoreUnavailable("x", Optional.empty())),
        Arguments.of(504, new LlmError.DeadlineExceeded(CancelReason.DEADLINE, "x", SOON)),
        Arguments.of(502, new LlmError.InvalidAnswer("a", "x")),
        Arguments.of(502, new LlmError.ProviderFailed("p", "x")),
        Arguments.of(502, new LlmError.ProviderUnreachable("p", "x")),
        Arguments.of(400, refused(400)),
        Arguments.of(404, refused(404)),
        Arguments.of(413, refused(413)),
        Arguments.of(422, refused(422)),
        Arguments.of(429, refused(429)),
        Arguments.of(502, refused(401)),
        Arguments.of(502, refused(403)),
        Arguments.of(502, refused(500)),
        Arguments.of(503, refused(503)),
        Arguments.of(503, refused(529)),
        Arguments.of(504, refused(504)),
        Arguments.of(500, new LlmError.Internal()),
        Arguments.of(503, new LlmError.Cancelled(CancelReason.SHUTDOWN)),
        Arguments.of(499, new LlmError.Cancelled(CancelReason.CLIENT_GONE)));
  }

  @ParameterizedTest
  @MethodSource("table")
  void everyFailureHasItsStatus(int status, LlmError error) {
    assertThat(ErrorStatus.of(error)).isEqualTo(status);
    assertThat(ErrorStatus.response(error, (_, _) -> new byte[0], new CallId("r")).status())
        .isEqualTo(status);
  }

  @ParameterizedTest
  @EnumSource(CancelReason.class)
  void everyCancellationHasAStatus(CancelReason reason) {
    int status = ErrorStatus.of(new LlmError.Cancelled(reason));
    assertThat(status == 504).isEqualTo(reason.isFailure());
  }

  @Test
  void retryAfterIsAtLeastOneSecondAndRoundedUp() {
    assertThat(retryAfter(new LlmError.QueueFull("q", 1, SOON))).isEqualTo("1");
    assertThat(retryAfter(new LlmError.Overloaded("p", 1, Duration.ofMillis(2001)))).isEqualTo("3");
    assertThat(retryAfter(new LlmError.ShuttingDown(Duration.ofSeconds(5)))).isEqualTo("5");
    assertThat(retryAfter(new LlmError.StoreUnavailable("x", Optional.of(SOON)))).isNotNull();
    assertThat(retryAfter(new LlmError.StoreUnavailable("x", Optional.empty()))).isNull();
    assertThat(retryAfter(refused(429))).isEqualTo("2");
    assertThat(retryAfter(new LlmError.Internal())).isNull();
  }

  private static LlmError refused(int status) {
    return new LlmError.ProviderRefused(
        "p", status, Optional.empty(), "x", Optional.of(Duration.ofMillis(1500)));
  }

  private static String retryAfter(LlmError error) {
    return ErrorStatus.response(error, (_, _) -> new byte[0], new CallId("r"))
        .headers()
        .get("retry-after");
  }
}
