package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.schema.valid.SchemaValidator;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.gpu.testmodel.ScriptedModel;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("T-7: a request with a form and tools is answered in the form, or by calls")
class FormOrCallsTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":9}},"
          + "\"required\":[\"city\"],\"additionalProperties\":false}";

  private static final ToolDefinition LOOK =
      new ToolDefinition(
          "look",
          Optional.empty(),
          new JsonText(
              "{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"integer\",\"minimum\":1,"
                  + "\"maximum\":9}},\"required\":[\"at\"],\"additionalProperties\":false}"));

  private static final String TALKS =
      "{%- for t in tools or [] %}<tool>{{ t | tojson }}</tool>{% endfor -%}"
          + "{%- for m in messages -%}[{{ m.role }}]{{ m.content }}"
          + "{%- for c in m.tool_calls or [] -%}<tool_call>{\"name\": \"{{ c.function.name }}\","
          + " \"arguments\": {{ c.function.arguments | tojson }}}</tool_call>{%- endfor -%}"
          + "{%- endfor -%}";

  private static final String SAYS = TALKS + "{{- '<|say:' ~ messages[-1].content ~ '|>' -}}";
  private static final String ANSWER = "{\"city\": \"Oslo\"}";
  private static final String CALL =
      "\1<tool_call>\1\n{\"name\": \"look\", \"arguments\": {\"at\": 7}}\n\1</tool_call>\1";

  @TempDir Path folder;
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private ChatProvider provider;

  @BeforeEach
  void open() {
    TestFiles.library();
    TinyModel.plain(2048).withTemplate(TALKS).writeTo(folder.resolve("chance.gguf"));
    new ScriptedModel(
            SAYS, Optional.empty(), Map.of("answer", ANSWER, "call", CALL, "neither", "Oslo?"))
        .writeTo(folder.resolve("scripted.gguf"));
    thinker("answer", "I know <tool_call> it.", ANSWER);
    thinker("call", "Let me {look}.", CALL);
    channels("answer", "final\1<|message|>\1" + ANSWER);
    channels(
        "call", "commentary to=functions.look \1<|constrain|>\1json\1<|message|>\1{\"at\": 7}");
    var config =
        TestConfig.yaml("providers: {local: {models_dir: " + folder + ", threads: 1}}", Map.of());
    var context =
        new ProviderContext(
            config.section("providers.local"),
            new RecordingTelemetry(),
            alarms,
            IdSource.RANDOM,
            Optional.of(TestFiles.root()));
    provider = ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
  }

  private void thinker(String name, String thought, String answer) {
    String script = "\1<think>\1" + thought + "\1</think>\1\n\n" + answer;
    new ScriptedModel("{#- </think> -#}" + SAYS, Optional.empty(), Map.of(name, script))
        .writeTo(folder.resolve("thinks-" + name + ".gguf"));
  }

  private void channels(String name, String said) {
    String marks = "{#- <|channel|> <|start|> -#}";
    new ScriptedModel(marks + SAYS, Optional.empty(), Map.of(name, "\1<|channel|>\1" + said))
        .writeTo(folder.resolve("channels-" + name + ".gguf"));
  }

  @AfterEach
  void close() {
    if (provider != null) {
      provider.close();
    }
    alarms.close();
  }

  private static ChatRequest asked(String model, String words, ResponseFormat format) {
    ChatRequest plain =
        ChatRequest.of(new ModelName(model), List.of(Message.user(words)))
            .withTools(List.of(LOOK))
            .withMaxTokens(300)
            .withSampling(SamplingOptions.builder().temperature(new Temperature(0)).build());
    return plain.withForm(plain.form().withFormat(format));
  }

  private static ResponseFormat schema() {
    return new ResponseFormat.JsonSchema("a", Optional.empty(), new JsonText(SCHEMA), true);
  }

  private ChatResult ask(ChatRequest request) throws LlmException {
    return provider.complete(request, Calls.open(alarms, Duration.ofSeconds(60)));
  }

  @Test
  void theModelsOwnChoiceIsKept() throws Exception {
    ChatResult answer = ask(asked("scripted", "answer", schema()));
    assertThat(answer.text()).isEqualTo(ANSWER);
    assertThat(answer.toolCalls()).isEmpty();
    assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    ChatResult call = ask(asked("scripted", "call", schema()));
    assertThat(call.text()).isEmpty();
    assertThat(call.toolCalls()).extracting(ToolCall::name).containsExactly("look");
    assertThat(call.toolCalls().getFirst().arguments().value()).isEqualTo("{\"at\": 7}");
    assertThat(call.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
  }

  @Test
  void reasoningBeforeEitherIsFree() throws Exception {
    ChatResult answer = ask(asked("thinks-answer", "answer", schema()));
    assertThat(answer.text()).isEqualTo(ANSWER);
    assertThat(answer.reasoning()).isEqualTo("I know <tool_call> it.");
    ChatResult call = ask(asked("thinks-call", "call", new ResponseFormat.JsonObject()));
    assertThat(call.text()).isEmpty();
    assertThat(call.reasoning()).isEqualTo("Let me {look}.");
    assertThat(call.toolCalls().getFirst().arguments().value()).isEqualTo("{\"at\": 7}");
  }

  @Test
  void channelsTellTheTwoApart() throws Exception {
    ChatResult answer = ask(asked("channels-answer", "answer", new ResponseFormat.JsonObject()));
    assertThat(answer.text()).isEqualTo(ANSWER);
    assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    ChatResult call = ask(asked("channels-call", "call", schema()));
    assertThat(call.text()).isEmpty();
    assertThat(call.toolCalls()).extracting(ToolCall::name).containsExactly("look");
    assertThat(call.toolCalls().getFirst().arguments().value()).isEqualTo("{\"at\": 7}");
    assertThat(call.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
  }

  @Test
  void textThatIsNeitherIsNotSaid() throws Exception {
    ChatResult answer = ask(asked("scripted", "neither", schema()));
    if (answer.toolCalls().isEmpty() && answer.finishReason() == FinishReason.STOP) {
      assertThat(SchemaValidator.of(SCHEMA).check(answer.text())).isEmpty();
    }
    assertThat(answer.text()).doesNotStartWith("Oslo");
  }

  @Test
  void whateverAModelOfChanceSaysItIsOneOfTheTwoAndFits() throws Exception {
    SchemaValidator form = SchemaValidator.of(SCHEMA);
    SchemaValidator arguments = SchemaValidator.of(LOOK.parameters().value());
    Set<FinishReason> seen = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      long seed = SEED + i;
      var hot = SamplingOptions.builder().temperature(new Temperature(2)).topK(0).topP(1.0);
      ResponseFormat format = i % 2 == 0 ? schema() : yesOrNo();
      ChatRequest request =
          asked("chance", "x", format).withSampling(hot.minP(0.0).seed(seed).build());
      ChatResult answer = ask(request);
      seen.add(answer.finishReason());
      String where = "llm.test.seed=" + seed + ": " + answer;
      if (answer.finishReason() == FinishReason.TOOL_CALLS) {
        assertThat(answer.text()).as(where).isEmpty();
        for (ToolCall call : answer.toolCalls()) {
          assertThat(arguments.check(call.arguments().value())).as(where).isEmpty();
        }
      } else if (answer.finishReason() == FinishReason.STOP) {
        assertThat(answer.toolCalls()).as(where).isEmpty();
        if (i % 2 == 0) {
          assertThat(form.check(answer.text())).as(where).isEmpty();
        } else {
          assertThat(answer.text()).as(where).isIn("yes", "no");
        }
      }
    }
    assertThat(seen).as("seed %d", SEED).contains(FinishReason.TOOL_CALLS, FinishReason.STOP);
  }

  private static ResponseFormat yesOrNo() {
    return new ResponseFormat.Grammar("root ::= \"yes\" | \"no\"");
  }

  @Test
  void aFormThatMayBeginAsCallsDoIsRefusedByPath() {
    ChatRequest request = asked("scripted", "answer", new ResponseFormat.Grammar("root ::= .*"));
    var refused = catchThrowableOfType(LlmException.class, () -> ask(request));
    assertThat(((LlmError.Unsupported) refused.error()).path()).isEqualTo("grammar");
  }
}
