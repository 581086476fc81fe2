package llm.providers.anthropic;

import static llm.providers.anthropic.ClaudeRig.START;
import static llm.providers.anthropic.ClaudeRig.STOP;
import static llm.providers.anthropic.ClaudeRig.sse;
import static llm.providers.anthropic.ClaudeRig.stops;
import static llm.providers.anthropic.ClaudeRig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.gateway.Gateway;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1, P-11 Anthropic behind the gateway")
class ClaudeGatewayTest implements AutoCloseable {
  private static final String WHOLE =
      "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
          + "\"text\":\"Hi\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1,"
          + "\"output_tokens\":1}}";

  private final FaultUpstream server = FaultUpstream.open().otherwise(ClaudeGatewayTest::answer);
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofDays(30));

  private static Reply answer(Received request) {
    if (!request.method().equals("POST")) {
      return Reply.ok("application/json", ClaudeRig.MODELS);
    }
    return request.body().contains("\"stream\":true")
        ? sse(START, text(0, "Hi"), stops("end_turn", 1), STOP)
        : Reply.ok("application/json", WHOLE);
  }

  private Gateway open(String settings) {
    var config =
        TestConfig.yaml(
            "providers:\n anthropic:\n  base_url: " + server.uri() + "\n" + settings.indent(2),
            Map.of("ANTHROPIC_API_KEY", "k"));
    var gateway =
        Gateway.open(
            config.root(),
            () -> Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {},
            Optional.empty());
    assertThat(config.problems()).isEmpty();
    return gateway;
  }

  private List<String> posted() {
    return server.requests().stream()
        .filter(request -> request.method().equals("POST"))
        .map(Received::body)
        .toList();
  }

  @Test
  void theModelsOwnLimitIsSaidWhereNobodySaysOne() throws LlmException {
    try (this;
        var gateway = open("models: [m]")) {
      var model = gateway.resolve(Optional.of("anthropic/m"));
      var request = ChatRequest.of(model, List.of(Message.user("hi")));
      assertThat(gateway.complete(request, call).text()).isEqualTo("Hi");
      assertThat(StreamCheck.text(StreamCheck.drain(gateway.stream(request, call))))
          .isEqualTo("Hi");
      int limit = Catalogue.EMPTY.spec("anthropic/m").maxOutputTokens();
      assertThat(posted()).allMatch(body -> body.contains("\"max_tokens\":" + limit + ","));
    }
  }

  @Test
  void whatItHasNoPlaceForIsNamed() throws LlmException {
    try (this;
        var gateway = open("models: [m]")) {
      var image =
          new Part.Image(new ImageSource.Url("https://x/y"), Optional.of("high"), Extensions.NONE);
      var named =
          new Message(Role.USER, "hi", List.of(), Optional.empty(), Optional.of("somebody"));
      var request =
          ChatRequest.of(
                  gateway.resolve(Optional.of("anthropic/m")),
                  List.of(
                      named,
                      Message.assistant("a").withThoughts(List.of(Thought.of("of another"))),
                      Message.of(Role.USER, List.of(image))))
              .withExtensions(
                  Extensions.of(Dialect.OPENAI_CHAT, Map.of("user", new JsonText("\"u\""))));
      assertThat(gateway.lost(request))
          .containsExactly(
              "messages[].content[].image_url.detail",
              "messages[].name",
              "messages[].reasoning_content",
              "user");
      gateway.complete(request, call);
      assertThat(posted().getLast()).doesNotContain("somebody", "of another", "high");
    }
  }

  @Test
  void anEffortThatABudgetCannotFollowIsNamed() throws LlmException {
    try (this;
        var gateway = open("models: [claude-sonnet-4-5, claude-opus-4-6]")) {
      var calls = List.of(new ToolCall("c", "f", new JsonText("{}")));
      for (String name : List.of("claude-sonnet-4-5", "claude-opus-4-6")) {
        var request =
            ChatRequest.of(
                    gateway.resolve(Optional.of(name)),
                    List.of(
                        Message.user("hi"),
                        Message.assistant("", calls),
                        Message.tool("c", "result")))
                .withForm(AnswerForm.ANY.withThinking(new Thinking.ByEffort(Thinking.Effort.LOW)));
        boolean byBudget = name.equals("claude-sonnet-4-5");
        assertThat(gateway.lost(request))
            .isEqualTo(byBudget ? List.of("reasoning_effort") : List.of());
        gateway.complete(request, call);
        assertThat(posted().getLast().contains("\"thinking\":{")).isEqualTo(!byBudget);
      }
    }
  }

  @Test
  void itsConnectionIsWarmedAndAnEmptyGenerationSaysSomething() {
    try (this;
        var gateway = open("models: [m]\nrefresh_seconds: 86400\nwarm: {generation: handshake}")) {
      gateway.connections().start();
      ClaudeRig.await(() -> !telemetry.events("conn_handshake_finish").isEmpty());
      assertThat(server.requests().getFirst().target()).isEqualTo("/v1/models?limit=1000");
      assertThat(posted())
          .containsExactly(
              "{\"model\":\"m\",\"max_tokens\":1,\"messages\":"
                  + "[{\"role\":\"user\",\"content\":\".\"}]}");
      clock.advance(Duration.ofSeconds(25));
      ClaudeRig.await(() -> !telemetry.events("keep_alive_ping_finish").isEmpty());
    }
  }

  @Override
  public void close() {
    call.close();
    server.close();
  }
}
