package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("P-1 each kind of server is sent what it wants, and all it was sent before")
class PresetsTest {
  @ParameterizedTest
  @EnumSource(ServerRecipe.class)
  void unknownFieldsReachItByteForByte(ServerRecipe server) throws LlmException {
    var fields =
        Map.of(
            "provider", new JsonText("{ \"order\" : [\"a\"],\"x\":1e2 }"),
            "chat_template_kwargs", new JsonText("[ \"é\\u00e9\" ]"),
            "keep_alive", new JsonText("\"5m\""));
    Extensions more = Extensions.of(Dialect.OPENAI_CHAT, fields);
    Received asked = asked(Upstreams.ask("up/m").withExtensions(more), "server: " + name(server));
    fields.forEach(
        (name, value) -> assertThat(asked.body()).contains("\"" + name + "\":" + value.value()));
  }

  @ParameterizedTest
  @EnumSource(ServerRecipe.class)
  void aGrammarGoesToServersThatHaveAFieldForItAndIsRefusedElsewhere(ServerRecipe server)
      throws LlmException {
    ChatRequest plain = Upstreams.ask("up/m");
    ChatRequest request =
        plain.withForm(plain.form().withFormat(new ResponseFormat.Grammar("root ::= [a]")));
    String field = "\"grammar\":\"root ::= [a]\"";
    switch (server) {
      case GENERIC, LLAMA_SERVER ->
          assertThat(asked(request, "server: " + name(server)).body()).contains("," + field);
      case VLLM ->
          assertThat(asked(request, "server: " + name(server)).body())
              .contains("\"structured_outputs\":{" + field + "}");
      default ->
          assertThatExceptionOfType(LlmException.class)
              .isThrownBy(() -> asked(request, "server: " + name(server)))
              .satisfies(refused ->
                  assertThat(refused.error())
                      .isInstanceOfSatisfying(
                          LlmError.Unsupported.class,
                          error -> assertThat(error.path()).isEqualTo("grammar")));
    }
  }

  @Test
  void openRouterIsToldWhoAsksAndTakesFreeModels() throws LlmException {
    Received asked =
        asked(
            Upstreams.ask("up/meta-llama/llama-3.3-70b-instruct:free"),
            "server: openrouter",
            "api_key: ${KEY}",
            "headers: {HTTP-Referer: 'https://x.example', X-Title: ours}");
    assertThat(asked.header("http-referer")).contains("https://x.example");
    assertThat(asked.header("x-title")).contains("ours");
    assertThat(asked.header("authorization")).contains("Bearer sk-test");
    assertThat(asked.body()).contains("\"model\":\"meta-llama/llama-3.3-70b-instruct:free\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "server: deepseek | reasoning_content",
        "server: llama_server | reasoning_content",
        "server: openrouter | reasoning",
        "server: ollama | reasoning",
        "server: vllm | reasoning",
        "server: generic | ''",
        "{server: generic, reasoning_back: reasoning_content} | reasoning_content",
        "{server: vllm, reasoning_back: none} | ''",
      })
  void reasoningGoesBackWithinItsTurn(String settings, String field) throws LlmException {
    var call = List.of(new ToolCall("c", "f", new JsonText("{}")));
    var messages =
        List.of(
            Message.user("a"),
            Message.assistant("b").withThoughts(List.of(Thought.of("old"))),
            Message.user("c"),
            Message.assistant("", call)
                .withThoughts(
                    List.of(
                        Thought.of("new"),
                        Thought.hidden(new Proof(Dialect.OPENAI_RESPONSES, "dark")))),
            Message.tool("c", "1"));
    String[] lines = settings.replaceAll("[{}]", "").split(", ");
    String body = asked(Upstreams.ask("up/m").withMessages(_ -> messages), lines).body();
    assertThat(body).doesNotContain("old").doesNotContain("dark");
    if (field.isEmpty()) {
      assertThat(body).doesNotContain("new");
    } else {
      assertThat(body).contains("\"" + field + "\":\"new\"");
    }
  }

  @Test
  void adaptersGoToTheServerOfLlamaCppAlone() throws LlmException {
    for (ServerRecipe server : ServerRecipe.values()) {
      if (server == ServerRecipe.OPENAI) {
        continue; // it has a provider of its own
      }
      try (var up = Upstreams.named("server: " + name(server), "api_key: ${KEY}")) {
        assertThat(up.provider.takesAdapters(new ModelName("up/m")))
            .as(name(server))
            .isEqualTo(server == ServerRecipe.LLAMA_SERVER);
      }
    }
    List<AdapterUse> adapters = List.of(new AdapterUse.Numbered(2, Optional.of(.5)));
    var sampling = SamplingOptions.builder().adapters(adapters).build();
    String body =
        asked(Upstreams.ask("up/m").withSampling(sampling), "server: llama_server").body();
    assertThat(body).contains("\"lora\":[{\"id\":2,\"scale\":0.5}]");
  }

  private static Received asked(ChatRequest request, String... settings) throws LlmException {
    try (var up = Upstreams.named(settings).answer(Reply.events("[DONE]"))) {
      StreamCheck.drain(up.provider.stream(request, up.call));
      return up.server.requests().stream()
          .filter(asked -> asked.method().equals("POST"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static String name(ServerRecipe server) {
    return server.name().toLowerCase(Locale.ROOT);
  }
}
