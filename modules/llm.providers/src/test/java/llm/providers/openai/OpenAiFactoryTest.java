package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-1 OpenAI is there with a key, and asked as each of its models wants")
class OpenAiFactoryTest {
  private static final Map<String, String> KEY = Map.of("OPENAI_API_KEY", "sk-test");
  private static final List<Message> SAID = List.of(Message.system("be kind"), Message.user("hi"));

  @Test
  void withoutAKeyItIsAbsent() {
    assertThat(setup("", Map.of()))
        .isInstanceOfSatisfying(
            ProviderSetup.Absent.class,
            absent -> assertThat(absent.reason()).contains("OPENAI_API_KEY"));
    assertThat(setup("enabled: false", KEY)).isInstanceOf(ProviderSetup.Absent.class);
  }

  @Test
  void keyOrganizationAndProjectStandInEachRequest() throws LlmException {
    Received asked = asked("{organization: org-1, project: proj-1}", request("gpt-4o"));
    assertThat(asked.target()).isEqualTo("/v1/chat/completions");
    assertThat(asked.header("authorization")).contains("Bearer sk-test");
    assertThat(asked.header("openai-organization")).contains("org-1");
    assertThat(asked.header("openai-project")).contains("proj-1");
    assertThat(asked.body())
        .contains("\"role\":\"system\"")
        .contains("\"max_completion_tokens\":9")
        .doesNotContain("max_tokens\"");
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-4o, chat/completions, system",
    "gpt-5-chat-latest, chat/completions, system",
    "gpt-5-mini, chat/completions, developer",
    "o3, chat/completions, developer",
    "o3-pro, responses, ''",
    "gpt-5-pro-2025-10-06, responses, ''",
    "gpt-5.1-codex-max, responses, ''",
    "codex-mini-latest, responses, ''",
    "o4-mini-deep-research, responses, ''"
  })
  void eachModelIsAskedAsItWants(String model, String path, String role) throws LlmException {
    Received asked = asked("", request(model));
    assertThat(asked.target()).isEqualTo("/v1/" + path);
    String said = role.isEmpty() ? "\"instructions\":\"be kind\"" : "\"role\":\"" + role + "\"";
    assertThat(asked.body()).contains(said);
  }

  @Test
  void whatOnlyResponsesKnowsGoesByResponses() throws LlmException {
    var more = Map.of("truncation", new JsonText("\"auto\""));
    ChatRequest ours = request("gpt-4o");
    assertThat(asked("", ours.withExtensions(Extensions.of(Dialect.OPENAI_RESPONSES, more))))
        .satisfies(asked -> {
          assertThat(asked.target()).isEqualTo("/v1/responses");
          assertThat(asked.body()).contains("\"truncation\":\"auto\"");
        });
    assertThat(asked("", ours.withExtensions(Extensions.of(Dialect.OPENAI_CHAT, more))).target())
        .isEqualTo("/v1/chat/completions");
    var thinker =
        Message.assistant("a")
            .withThoughts(List.of(Thought.hidden(new Proof(Dialect.OPENAI_RESPONSES, "enc"))));
    ChatRequest again = ours.withMessages(_ -> List.of(SAID.getLast(), thinker, SAID.getLast()));
    assertThat(asked("", again).body()).contains("\"encrypted_content\":\"enc\"");
    assertThat(asked("api: chat", again).target()).isEqualTo("/v1/chat/completions");
    assertThat(asked("api: responses", ours).target()).isEqualTo("/v1/responses");
  }

  @Test
  void itSaysWhichDialectsAModelIsAskedIn() {
    try (var timer = new TimerThread(_ -> {});
        ChatProvider provider = provider("base_url: http://127.0.0.1:9/v1", timer)) {
      assertThat(provider.dialects(new ModelName("openai/gpt-4o")))
          .containsExactlyInAnyOrder(Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES);
      assertThat(provider.dialects(new ModelName("openai/o3-pro")))
          .containsExactly(Dialect.OPENAI_RESPONSES);
      assertThat(provider.dialect()).contains(Dialect.OPENAI_CHAT);
    }
  }

  private static ChatRequest request(String model) {
    return ChatRequest.of(new ModelName("openai/" + model), SAID).withMaxTokens(9);
  }

  /** What OpenAI is asked for a stream; its answer is of no interest. */
  private static Received asked(String settings, ChatRequest request) throws LlmException {
    try (var server = FaultUpstream.open();
        var timer = new TimerThread(_ -> {});
        var call = Calls.open(timer)) {
      server.otherwise(_ -> Reply.events("[DONE]"));
      String yaml = "{base_url: " + server.uri() + "/v1, models: [x], warm: {enabled: false}}";
      String all = settings.isEmpty() ? yaml : merged(settings, yaml);
      try (ChatProvider provider = provider(all, timer);
          var stream = provider.stream(request, call)) {
        StreamCheck.drain(stream);
      }
      return server.requests().stream()
          .filter(asked -> asked.method().equals("POST"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static String merged(String settings, String yaml) {
    String inner =
        settings.startsWith("{") ? settings.substring(1, settings.length() - 1) : settings;
    return yaml.substring(0, yaml.length() - 1) + ", " + inner + "}";
  }

  private static ChatProvider provider(String settings, TimerThread timer) {
    if (setup(settings, KEY, timer) instanceof ProviderSetup.Ready(ChatProvider provider)) {
      return provider;
    }
    throw new AssertionError("not there");
  }

  private static ProviderSetup setup(String settings, Map<String, String> environment) {
    try (var timer = new TimerThread(_ -> {})) {
      return setup(settings, environment, timer);
    }
  }

  private static ProviderSetup setup(
      String settings, Map<String, String> environment, TimerThread timer) {
    var config = TestConfig.yaml("providers:\n openai:\n" + settings.indent(2), environment);
    var context =
        new ProviderContext(
            config.section("providers.openai"),
            new RecordingTelemetry(),
            timer,
            IdSource.RANDOM,
            Optional.empty());
    ProviderSetup setup = new OpenAiFactory().create(context);
    assertThat(config.problems()).isEmpty();
    return setup;
  }
}
