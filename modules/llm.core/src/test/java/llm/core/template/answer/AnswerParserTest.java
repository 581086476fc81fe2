package llm.core.template.answer;

import static llm.core.template.answer.Transcript.cut;
import static llm.core.template.answer.Transcript.letters;
import static llm.core.template.answer.Transcript.of;
import static llm.core.template.answer.Transcript.said;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A-2: what models write becomes the same events, however it is cut")
class AnswerParserTest {
  static Stream<Transcript> transcripts() {
    return Stream.of(
        of(AnswerFormat.HERMES, "Just text, 1 < 2.\n", "T Just text, 1 < 2.\n"),
        of(
            AnswerFormat.HERMES,
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"B\\\"}\"}}\n</tool_call>",
            "C get_weather {\"city\": \"B\\\"}\"}"),
        of(
            AnswerFormat.HERMES,
            "Look:\n<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>\n"
                + "<tool_call>{\"arguments\":{\"a\":1},\"name\":\"now\"}</tool_call>\n",
            "T Look:",
            "C now {}",
            "C now {\"a\":1}"),
        of(
            AnswerFormat.HERMES,
            "<think>\nhm <tool_call>\n</think>\n\nfine",
            "R hm <tool_call>",
            "T fine"),
        of(AnswerFormat.HERMES, "a <tool_call>no</tool_call>", "T a <tool_call>no</tool_call>"),
        of(AnswerFormat.HERMES, "a <tool_cal", "T a <tool_cal"),
        of(
            AnswerFormat.HERMES,
            "<tool_call>{\"name\":\"now\"}</tool_call> then",
            "C now {}",
            "T then"),
        of(
            AnswerFormat.HERMES,
            "<tool_call>{\"name\":\"now\",\"arguments\":{\"a\": [1",
            "C now {\"a\": [1"),
        of(
            AnswerFormat.HERMES,
            "<tool_call>{\"name\":\"now\",\"arguments\":{\"a\": 1</tool_call>done",
            "C now {\"a\": 1",
            "T done"),
        of(
            AnswerFormat.LLAMA3,
            "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"x\"}}",
            "C get_weather {\"city\": \"x\"}"),
        of(
            AnswerFormat.LLAMA3,
            "<|python_tag|>{\"name\":\"now\",\"parameters\":{}}; {\"name\":\"now\",\"parameters\":{}}",
            "C now {}",
            "C now {}"),
        of(
            AnswerFormat.LLAMA3,
            " {\"name\": \"other\", \"parameters\": {}} ",
            "T  {\"name\": \"other\", \"parameters\": {}} "),
        of(AnswerFormat.LLAMA3, "{\"answer\": 42}", "T {\"answer\": 42}"),
        of(
            AnswerFormat.LLAMA3,
            "<|python_tag|>brave_search.call(query=\"x\")",
            "T <|python_tag|>brave_search.call(query=\"x\")"),
        of(
            AnswerFormat.MISTRAL,
            "[TOOL_CALLS][{\"name\": \"now\", \"arguments\": {}}, {\"name\": \"get_weather\","
                + " \"arguments\": {\"c\": 1}}]",
            "C now {}",
            "C get_weather {\"c\": 1}"),
        of(
            AnswerFormat.MISTRAL,
            "Ok [TOOL_CALLS]now[ARGS]{\"a\": \"]\"}[TOOL_CALLS]get_weather[CALL_ID]abc[ARGS]{}",
            "T Ok",
            "C now {\"a\": \"]\"}",
            "C get_weather {}"),
        of(AnswerFormat.MISTRAL, "[THINK]so[/THINK]yes", "R so", "T yes"),
        of(
            AnswerFormat.DEEPSEEK,
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{\"a\":1}\n"
                + "```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{}"
                + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            "C now {\"a\":1}",
            "C get_weather {}"),
        of(
            AnswerFormat.FUNCTIONARY,
            "<function=now>{\"a\": {}}</function><function=get_weather>{}</function>",
            "C now {\"a\": {}}",
            "C get_weather {}"),
        of(AnswerFormat.FUNCTIONARY, "<function=now></function>", "T <function=now></function>"),
        of(
            AnswerFormat.COMMAND,
            "<|START_THINKING|>I will.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\":"
                + " \"0\", \"tool_name\": \"now\", \"parameters\": {\"a\": 1}}\n]<|END_ACTION|>",
            "R I will.",
            "C now {\"a\": 1}"),
        of(AnswerFormat.COMMAND, "<|START_RESPONSE|>Hi<|END_RESPONSE|>", "T Hi"),
        of(
            AnswerFormat.KIMI,
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0"
                + "<|tool_call_argument_begin|>{\"a\":1}<|tool_call_end|><|tool_calls_section_end|>",
            "C now {\"a\":1}"),
        of(
            AnswerFormat.GRANITE3,
            "<|tool_call|>[{\"name\": \"now\", \"arguments\": \"{\\\"a\\\": 1}\"}]",
            "C now {\"a\": 1}"),
        of(
            AnswerFormat.HARMONY,
            "<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|channel|>commentary"
                + " to=functions.now <|constrain|>json<|message|>{\"a\":1}<|call|>",
            "R Let me see.",
            "C now {\"a\":1}"),
        of(AnswerFormat.HARMONY, "<|channel|>final<|message|>Hi 1 < 2 <|re", "T Hi 1 < 2 <|re"),
        of(AnswerFormat.NONE, "<think>a</think>{\"name\":1}", "R a", "T {\"name\":1}"));
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void saysTheSameHoweverTheTextIsCut(Transcript transcript) {
    List<String> whole = said(transcript.format(), List.of(transcript.answer()));
    assertThat(whole).containsExactly(transcript.said());
    assertThat(said(transcript.format(), letters(transcript.answer()))).isEqualTo(whole);
    long seed = 20_261_121;
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      List<String> pieces = cut(transcript.answer(), random);
      assertThat(said(transcript.format(), pieces))
          .as("seed %s, %s", seed, pieces)
          .isEqualTo(whole);
    }
  }

  @Test
  void passesArgumentsOnAsTheyCome() {
    var parser = parser(AnswerFormat.HERMES, Beginning.ANSWER);
    parser.push("<tool_call>{\"name\":\"now\",\"arguments\":{\"a\":");

    assertThat(parser.push(" \"lo"))
        .containsExactly(new StreamEvent.ToolArgumentsDelta(0, " \"lo"));
    assertThat(parser.push("ng\"")).containsExactly(new StreamEvent.ToolArgumentsDelta(0, "ng\""));
    assertThat(parser.called()).isTrue();
  }

  @Test
  void goesOnInReasoningThatThePromptBegan() {
    var parser = parser(AnswerFormat.HERMES, Beginning.REASONING);

    List<StreamEvent> events = new ArrayList<>(parser.push("well\n</think>\n\nyes"));
    events.addAll(parser.finish());

    assertThat(events)
        .containsExactly(new StreamEvent.ReasoningDelta("well"), new StreamEvent.TextDelta("yes"));
  }

  @Test
  void looksForNoCallsWhereNoToolWasOffered() {
    var parser = new AnswerParser(AnswerFormat.LLAMA3, Beginning.ANSWER, List.of(), () -> "id");

    assertThat(parser.push("{\"name\":\"now\",\"parameters\":{}}"))
        .containsExactly(new StreamEvent.TextDelta("{\"name\":\"now\",\"parameters\":{}}"));
  }

  private static AnswerParser parser(AnswerFormat format, Beginning beginning) {
    return new AnswerParser(format, beginning, Transcript.TOOLS, () -> "id");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "HERMES | words | STOP",
        "HERMES | <tool_call>{\"name\":\"now\",\"arguments\":{\"a\":1}}</tool_call> | TOOL_CALLS",
        "HERMES | <tool_call>{\"name\":\"now\",\"arguments\":{\"a\":1} | TOOL_CALLS",
        "HERMES | <tool_call>{\"name\":\"now\"}</tool_call> | TOOL_CALLS",
        "HERMES | <tool_call>{\"name\":\"now\",\"arguments\":{\"a\": [1 | LENGTH",
        "HERMES | <tool_call>{\"name\":\"now\",\"arguments\":{\"a\": so}}</tool_call> | LENGTH",
        "HERMES | <tool_call>{\"name\":\"now\",\"arguments\":{\"a\": 1</tool_call>done | LENGTH",
        "MISTRAL | [TOOL_CALLS]now[ARGS]{\"a\": ![TOOL_CALLS]now[ARGS]{} | LENGTH",
        "QWEN3_CODER | <tool_call><function=now><parameter=a>1</parameter></function> | TOOL_CALLS",
        "QWEN3_CODER | <tool_call><function=now><parameter=a>1 | LENGTH",
      })
  void whoBreaksOffWithinACallIsCut(AnswerFormat format, String answer, FinishReason ended) {
    var parser = new AnswerParser(format, Beginning.ANSWER, Transcript.TOOLS, () -> "id");
    letters(answer).forEach(parser::push);
    parser.finish();

    assertThat(parser.ended(FinishReason.STOP)).isEqualTo(ended);
    assertThat(parser.ended(FinishReason.CONTENT_FILTER)).isEqualTo(FinishReason.CONTENT_FILTER);
  }
}
