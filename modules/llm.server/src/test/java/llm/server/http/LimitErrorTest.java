package llm.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.core.dialect.llm.LlmErrors;
import llm.core.dialect.openai.OpenAiResponses;
import llm.domain.call.CallId;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;

/** How a limit is told in each dialect. */
class LimitErrorTest {
  private static final CallId ID = new CallId("c");

  private final LlmError rate =
      new LlmError.LimitExceeded("full", false, Optional.of(Duration.ofMillis(1_200)));
  private final LlmError quota =
      new LlmError.LimitExceeded("spent", true, Optional.of(Duration.ofMinutes(90)));
  private final LlmError never = new LlmError.LimitExceeded("huge", false, Optional.empty());

  @Test
  void clientsAreToldWhenToComeAgainInSecondsAndMilliseconds() {
    Response.Full told = ErrorStatus.response(rate, (error, _) -> OpenAiResponses.error(error), ID);
    assertThat(told.status()).isEqualTo(429);
    assertThat(told.headers())
        .containsEntry("retry-after", "2")
        .containsEntry("retry-after-ms", "1200");
    Response.Full hopeless =
        ErrorStatus.response(never, (error, _) -> OpenAiResponses.error(error), ID);
    assertThat(hopeless.headers())
        .containsEntry("x-should-retry", "false")
        .doesNotContainKey("retry-after");
  }

  @Test
  void eachDialectHasItsOwnWords() {
    assertThat(new String(OpenAiResponses.error(rate), UTF_8))
        .contains("\"type\":\"rate_limit_error\"", "\"code\":\"rate_limit_exceeded\"");
    assertThat(new String(OpenAiResponses.error(quota), UTF_8))
        .contains("\"type\":\"insufficient_quota\"", "\"code\":\"insufficient_quota\"");
    assertThat(new String(AnthropicResponses.error(quota, "c"), UTF_8))
        .contains("\"type\":\"rate_limit_error\"");
    assertThat(new String(LlmErrors.body(rate, "c"), UTF_8))
        .contains("\"code\":\"rate_limit_exceeded\"", "\"retry_after_seconds\":1");
  }
}
