package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import llm.core.template.answer.AnswerFormat;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.StreamEvent;
import llm.gpu.testmodel.ScriptedModel;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
@DisplayName("T-7: whatever the tool format, just the text that was held is delivered")
class HeldFormatsTest {
  @TempDir static Path folder;
  private static EngineFixture fixture;

  @BeforeAll
  static void open() {
    TestFiles.library();
    fixture = new EngineFixture(EngineFixture.together(1));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  /** What chat templates of the format are known by. */
  private static String known(AnswerFormat format) {
    return switch (format) {
      case HARMONY -> "<|channel|> <|start|>";
      case MINIMAX -> "<minimax:tool_call>";
      case SEED -> "<seed:tool_call>";
      case NEMOTRON -> "<TOOLCALL>";
      case LFM2 -> "<|tool_call_start|>";
      case GLM -> "<tool_call> <arg_key>";
      case QWEN3_CODER -> "<function= <parameter=";
      case FUNCTIONARY -> "<function=";
      case HERMES -> "<tool_call> arguments";
      case PHI4 -> "functools[";
      case DEEPSEEK -> "<\uff5ctool\u2581call\u2581begin\uff5c>";
      case KIMI -> "<|tool_call_begin|>";
      case COMMAND -> "<|START_ACTION|>";
      case GRANITE3 -> "<|tool_call|>";
      case MISTRAL -> "[TOOL_CALLS]";
      case PYTHONIC -> "[func_name1(";
      case HUNYUAN -> "<tool_calls> arguments";
      case LLAMA3 -> "<|start_header_id|> \"parameters\"";
      case NONE -> "nothing";
    };
  }

  private static Path model(AnswerFormat format, String name, String script) {
    String marks = known(format);
    assertThat(AnswerFormat.of(marks).orElse(AnswerFormat.NONE)).isEqualTo(format);
    String template =
        "{#- "
            + marks
            + " "
            + format.thinkEnd()
            + " -#}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
            + "{{ '<|say:s|>' }}";
    return new ScriptedModel(template, Optional.empty(), Map.of("s", script))
        .writeTo(folder.resolve(format + name));
  }

  private record Told(String reasoning, String text, StreamEvent end, List<StreamEvent> others) {}

  private static Told tell(Path model, String only) throws Exception {
    String literal = only.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    ChatRequest plain = EngineFixture.request("x", 2_000);
    ChatRequest asked =
        plain
            .withSampling(EngineFixture.GREEDY)
            .withForm(
                plain
                    .form()
                    .withFormat(new ResponseFormat.Grammar("root ::= \"" + literal + "\"")));
    var reasoning = new StringBuilder();
    var text = new StringBuilder();
    List<StreamEvent> others = new ArrayList<>();
    try (var stream = fixture.submit(model, asked)) {
      while (true) {
        switch (stream.next()) {
          case StreamEvent.ReasoningDelta delta -> reasoning.append(delta.text());
          case StreamEvent.TextDelta delta -> text.append(delta.text());
          case StreamEvent.Started _ -> {}
          case StreamEvent.Terminal end -> {
            return new Told(reasoning.toString(), text.toString(), end, others);
          }
          case StreamEvent other -> others.add(other);
        }
      }
    }
  }

  /** Texts that the format has another meaning for where they are not held. */
  private static List<String> texts(AnswerFormat format) {
    String marks = String.join("x", new TreeSet<>(format.marks()));
    return List.of(
        "{\"a\":\"" + marks + "\"} ",
        marks + " y",
        format.thinkBegin() + "a" + format.thinkEnd() + " b \n",
        " \n" + format.thinkBegin() + "a",
        "{\"name\":\"now\",\"arguments\":{}}",
        "<|channel|>analysis<|message|>a<|end|>b",
        "<|START_RESPONSE|>a<|END_RESPONSE|>");
  }

  private static void requireWhole(Told told, String text, AnswerFormat format) {
    assertThat(told.text()).as("%s", format).isEqualTo(text);
    assertThat(told.others()).as("%s of %s", format, text).isEmpty();
    assertThat(told.end()).as("%s of %s", format, text).isInstanceOf(StreamEvent.Done.class);
    assertThat(((StreamEvent.Done) told.end()).finishReason()).isEqualTo(FinishReason.STOP);
  }

  @ParameterizedTest
  @EnumSource
  void withoutReasoning(AnswerFormat format) throws Exception {
    boolean channels = format == AnswerFormat.HARMONY; // it always begins with one
    String script = channels ? "\1<|channel|>\1final\1<|message|>\1?" : "?";
    Path model = model(format, "-plain.gguf", script);
    for (String text : texts(format)) {
      Told told = tell(model, text);
      requireWhole(told, text, format);
      assertThat(told.reasoning()).as("%s of %s", format, text).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void behindReasoning(AnswerFormat format) throws Exception {
    boolean channels = format == AnswerFormat.HARMONY;
    String begin = channels ? "" : "\1" + format.thinkBegin() + "\1";
    String end =
        channels ? "\1<|channel|>\1final\1<|message|>\1?" : "\1" + format.thinkEnd() + "\1\n\n?";
    Path model = model(format, "-thinks.gguf", begin + "It is." + end);
    for (String text : texts(format)) {
      Told told = tell(model, text);
      requireWhole(told, text, format);
      assertThat(told.reasoning()).as("%s of %s", format, text).isEqualTo("It is.");
    }
  }
}
