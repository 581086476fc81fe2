package llm.providers.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.dialect.anthropic.MessagesReader;
import llm.core.gateway.Gateway;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.ManualClock;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.TestConfig;
import llm.core.tokens.PromptCount;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-3: tokens of a prompt are counted by the upstream that reads it")
class CountTokensTest {
  private static final String ASKED =
      """
      {"model":"anthropic/claude-x","system":"Be kind.","max_tokens":9,"temperature":0.5,
       "messages":[{"role":"user","content":[{"type":"text","text":"hi",
         "cache_control":{"type":"ephemeral"}}]}],
       "tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},
       "thinking":{"type":"enabled","budget_tokens":50000},"metadata":{"user_id":"u"},
       "service_tier":"auto","speed":"fast"}
      """;
  private static final int LEAST_ESTIMATED = 16;

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofDays(1));
  private final FaultUpstream server = FaultUpstream.open();
  private final Gateway gateway;

  CountTokensTest() {
    var config =
        TestConfig.yaml(
            "providers: {anthropic: {base_url: '" + server.uri() + "', models: [claude-x]}}",
            Map.of("ANTHROPIC_API_KEY", "k"));
    this.gateway =
        Gateway.open(
            config.root(),
            () -> Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {},
            Optional.empty());
    assertThat(config.problems()).isEmpty();
  }

  @AfterEach
  void close() {
    gateway.close();
    call.close();
    server.close();
  }

  private void answers(Reply reply) {
    server.otherwise(request ->
        request.method().equals("POST") ? reply : Reply.ok("application/json", ClaudeRig.MODELS));
  }

  private PromptCount count() throws LlmException {
    ChatRequest request =
        MessagesReader.readToCount(ASKED.getBytes(StandardCharsets.UTF_8), gateway);
    return gateway.countPrompt(request, call);
  }

  @Test
  void whatIsReadAsThePromptIsSentAndNothingElse() throws LlmException {
    answers(Reply.ok("application/json", "{\"input_tokens\":321,\"new\":{\"x\":1}}"));

    assertThat(count()).isEqualTo(new PromptCount(321, true));

    Received asked =
        server.requests().stream().filter(one -> one.method().equals("POST")).findFirst().get();
    assertThat(asked.target()).isEqualTo("/v1/messages/count_tokens");
    assertThat(asked.header("x-api-key")).contains("k");
    assertThat(asked.body())
        .contains(
            "\"model\":\"claude-x\"",
            "\"system\":\"Be kind.\"",
            "\"cache_control\":{\"type\":\"ephemeral\"}",
            "\"name\":\"f\"",
            "\"tool_choice\":{\"type\":\"any\"}",
            "\"budget_tokens\":50000",
            "\"speed\":\"fast\"")
        .doesNotContain("max_tokens", "temperature", "stream", "metadata", "service_tier");
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 405, 429, 500, 501, 503, 529})
  void anUpstreamThatCannotCountNowLeavesAnEstimate(int status) throws LlmException {
    answers(Reply.whole(status, "application/json", "{\"detail\":\"Not here\"}"));

    PromptCount count = count();

    assertThat(count.exact()).isFalse();
    assertThat(count.tokens()).isGreaterThan(LEAST_ESTIMATED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"input_tokens\":-1}", "{\"input_tokens\":\"many\"}", "<html>"})
  void whatIsNoCountLeavesAnEstimate(String body) throws LlmException {
    answers(Reply.ok("application/json", body));

    assertThat(count().exact()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "400, messages: bad, messages: bad",
    "413, too large, too large",
    "401, bad key, credentials",
    "404, model: claude-x, claude-x"
  })
  void whatIsWrongWithTheRequestOrTheKeyIsTold(int status, String message, String told) {
    answers(
        Reply.whole(
            status,
            "application/json",
            "{\"type\":\"error\",\"error\":{\"type\":\"t\",\"message\":\"" + message + "\"}}"));

    LlmException refused = catchThrowableOfType(LlmException.class, this::count);

    assertThat(refused.error().message()).contains(told);
  }

  @Test
  void anUpstreamThatSaysNothingIsWaitedForTenSeconds() throws Exception {
    var gate = new Gate();
    answers(Reply.chunkedHead("application/json").pause(gate));
    var counted = new java.util.concurrent.CompletableFuture<PromptCount>();
    Thread.startVirtualThread(() -> {
      try {
        counted.complete(count());
      } catch (Exception | AssertionError failure) {
        counted.completeExceptionally(failure);
      }
    });
    ClaudeRig.await(() -> server.requests().stream().anyMatch(one -> one.method().equals("POST")));

    clock.advance(Duration.ofSeconds(10));

    assertThat(counted.get(60, java.util.concurrent.TimeUnit.SECONDS).exact()).isFalse();
    assertThat(call.cancelled()).isEmpty();
    gate.open();
  }

  @Test
  void theMockCountsItself() throws LlmException {
    String plain = "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    ChatRequest request =
        MessagesReader.readToCount(plain.getBytes(StandardCharsets.UTF_8), gateway);

    assertThat(gateway.countPrompt(request, call).exact()).isTrue();
  }
}
