package llm.core.template.answer;

import static llm.core.template.answer.Transcript.cut;
import static llm.core.template.answer.Transcript.letters;
import static llm.core.template.answer.Transcript.of;
import static llm.core.template.answer.Transcript.said;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import llm.core.schema.PartialJson;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.core.testkit.Fuzz;
import llm.domain.chat.StreamEvent;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A-2: calls that are not written as JSON become JSON, however they are cut")
class FormatsTest {
  static Stream<Transcript> transcripts() {
    return Stream.of(
        of(
            AnswerFormat.QWEN3_CODER,
            "Let me see.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nKöln \"am\" Rhein\n"
                + "second\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=where>\n"
                + "{\"a\": [1]}\n</parameter>\n</function>\n</tool_call>",
            "T Let me see.",
            "C get_weather {\"city\":\"Köln \\\"am\\\" Rhein\\nsecond\",\"days\":3,"
                + "\"where\":{\"a\": [1]}}"),
        of(
            AnswerFormat.QWEN3_CODER,
            "<tool_call>\n<function=now>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n"
                + "<parameter=x>\n\n\n\n</parameter>\n</function>\n</tool_call> ok",
            "C now {}",
            "C now {\"x\":\"\\n\\n\"}",
            "T ok"),
        of(
            AnswerFormat.QWEN3_CODER,
            "<function=now>\n<parameter=a>\nTrue\n</parameter>\n</function>\n</tool_call>",
            "C now {\"a\":true}"),
        of(AnswerFormat.QWEN3_CODER, "see <function=other>", "T see <function=other>"),
        of(
            AnswerFormat.QWEN3_CODER,
            "<tool_call>\n<function=get_weather>\n<parameter=days>\nmany\n</parameter>\n"
                + "<parameter=note>\nnull\n</parameter>\n<parameter=exact>\nFalse\n</parameter>\n"
                + "</tool_call>",
            "C get_weather {\"days\":\"many\",\"note\":null,\"exact\":false}"),
        of(
            AnswerFormat.QWEN3_CODER,
            "<tool_call>\n<function=get_weather>\n<parameter=city>\nBer",
            "C get_weather {\"city\":\"Ber"),
        of(
            AnswerFormat.QWEN3_CODER,
            "<tool_call>\n{\"name\": \"now\"}\n</tool_call>",
            "T <tool_call>\n{\"name\": \"now\"}\n</tool_call>"),
        of(
            AnswerFormat.SEED,
            "<seed:think>Hm.</seed:think>\n<seed:tool_call>\n<function=get_weather>\n"
                + "<parameter=city>\nx</parameter>\n</function>\n</seed:tool_call>",
            "R Hm.",
            "C get_weather {\"city\":\"\\nx\"}"),
        of(
            AnswerFormat.GLM,
            "<think>a</think>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n"
                + "<arg_value>123</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>[\"</b>\"]"
                + "</arg_value>\n</tool_call>\n<tool_call>now</tool_call>",
            "R a",
            "C get_weather {\"city\":\"123\",\"tags\":[\"</b>\"]}",
            "C now {}"),
        of(
            AnswerFormat.GLM,
            "<tool_call>now<arg_key>a</arg_key><arg_value>1.5</arg_value><arg_key>b</arg_key>"
                + "<arg_value>x y</arg_value></tool_call>",
            "C now {\"a\":1.5,\"b\":\"x y\"}"),
        of(AnswerFormat.GLM, "a <tool_call> b c", "T a <tool_call> b c"),
        of(
            AnswerFormat.MINIMAX,
            "Ok\n<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">a<b"
                + "</parameter>\n</invoke>\n<invoke name=\"now\">\n</invoke>\n</minimax:tool_call>",
            "T Ok",
            "C get_weather {\"city\":\"a<b\"}",
            "C now {}"),
        of(AnswerFormat.MINIMAX, "use <invoke name=\"x\">", "T use <invoke name=\"x\">"),
        of(
            AnswerFormat.NEMOTRON,
            "<TOOLCALL>[{\"name\": \"now\", \"arguments\": {\"a\": 1}}, {\"name\": \"now\","
                + " \"arguments\": {}}]</TOOLCALL>",
            "C now {\"a\": 1}",
            "C now {}"),
        of(AnswerFormat.PHI4, "functools[{\"name\": \"now\", \"arguments\": {}}]", "C now {}"),
        of(
            AnswerFormat.PHI4,
            "<|tool_call|>[{\"name\": \"now\", \"parameters\": {}}]<|/tool_call|>",
            "C now {}"),
        of(AnswerFormat.PHI4, "Use functools.cache.", "T Use functools.cache."),
        of(
            AnswerFormat.HUNYUAN,
            "<tool_calls>\n{\"name\": \"now\", \"arguments\": {}}\n{\"name\": \"now\","
                + " \"arguments\": {\"b\": 2}}\n</tool_calls>",
            "C now {}",
            "C now {\"b\": 2}"),
        of(
            AnswerFormat.LFM2,
            "<|tool_call_start|>[get_weather(city=\"a\\\"b\\n\", days=3), now()]<|tool_call_end|>Soon.",
            "C get_weather {\"city\":\"a\\\"b\\n\",\"days\":3}",
            "C now {}",
            "T Soon."),
        of(
            AnswerFormat.PYTHONIC,
            "[get_weather(city='it\\'s \"x\"', tags=['a', ('b',), {'k': None, 1: -2.5e3,}], exact=True,)]",
            "C get_weather {\"city\":\"it's \\\"x\\\"\",\"tags\":[\"a\",[\"b\"],{\"k\":null,"
                + "\"1\":-2.5e3}],\"exact\":true}"),
        of(
            AnswerFormat.PYTHONIC,
            " [now(a = '\\u00e9\\U0001F600\\x41\\q', b=[])]",
            "C now {\"a\":\"\\u00e9\\ud83d\\ude00\\u0041\\\\q\",\"b\":[]}"),
        of(AnswerFormat.PYTHONIC, "[1] says so", "T [1] says so"),
        of(AnswerFormat.PYTHONIC, "[other(a=1)]", "T [other(a=1)]"),
        of(AnswerFormat.PYTHONIC, "[now(1)]", "T [now(1)]"),
        of(AnswerFormat.PYTHONIC, "[now(a=x)] b", "C now {\"a\":x", "T )] b"),
        of(AnswerFormat.PYTHONIC, "<|python_start|>[now()]<|python_end|>", "C now {}"));
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void saysTheSameHoweverTheTextIsCut(Transcript transcript) {
    List<String> whole = said(transcript.format(), List.of(transcript.answer()));
    assertThat(whole).containsExactly(transcript.said());
    assertThat(said(transcript.format(), letters(transcript.answer()))).isEqualTo(whole);
    long seed = 20_261_122;
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      List<String> pieces = cut(transcript.answer(), random);
      assertThat(said(transcript.format(), pieces))
          .as("seed %s, %s", seed, pieces)
          .isEqualTo(whole);
    }
  }

  @Test
  void passesTextOnAsItComesAndOtherValuesWhenTheyAreWhole() {
    var parser = new AnswerParser(AnswerFormat.GLM, Beginning.ANSWER, Transcript.TOOLS, () -> "id");
    parser.push("<tool_call>get_weather<arg_key>city</arg_key><arg_value>");

    assertThat(parser.push("Kö")).containsExactly(new StreamEvent.ToolArgumentsDelta(0, "Kö"));
    assertThat(parser.push("\"</arg_v"))
        .containsExactly(new StreamEvent.ToolArgumentsDelta(0, "\\\""));
    assertThat(parser.push("alue><arg_key>days</arg_key><arg_value>1"))
        .containsExactly(new StreamEvent.ToolArgumentsDelta(0, "\",\"days\":"));
    assertThat(parser.push("2</arg_value>"))
        .containsExactly(new StreamEvent.ToolArgumentsDelta(0, "12"));
    assertThat(parser.push("</tool_call>"))
        .containsExactly(new StreamEvent.ToolArgumentsDelta(0, "}"));
  }

  @Test
  @Tag("fuzz")
  @Tag("template")
  void whateverIsSaidItIsTheSameHoweverItIsCut() throws Exception {
    List<String> words = words();
    var calls = new AtomicLong();
    long rounds =
        Fuzz.target("answer")
            .rounds(1_500)
            .run(
                random -> answer(words, random).getBytes(StandardCharsets.UTF_8),
                (input, random) -> {
                  String answer = new String(input, StandardCharsets.UTF_8);
                  for (AnswerFormat format : AnswerFormat.values()) {
                    List<String> whole = said(format, List.of(answer));
                    assertThat(said(format, cut(answer, random)))
                        .as(format + answer)
                        .isEqualTo(whole);
                    calls.addAndGet(whole.stream().filter(one -> one.startsWith("C ")).count());
                  }
                });
    assertThat(rounds).isPositive();
    assertThat(calls).hasPositiveValue();
  }

  @Test
  void argumentsOfEveryWholeCallAreJson() {
    long seed = 20_261_123;
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      String value =
          answer(List.of("\"", "\\", "\n", "<", "ö", "😀", "{", "1", "\t", "\1"), random);
      String answer =
          "<tool_call>\n<function=get_weather>\n<parameter=city>\n"
              + value
              + "\n</parameter>\n<parameter=days>\n"
              + value
              + "\n</parameter>\n</function>\n</tool_call>";
      String json = said(AnswerFormat.QWEN3_CODER, cut(answer, random)).getFirst();
      var reader = new PartialJson();
      reader.feed(json.substring("C get_weather ".length()));
      reader.end();
      assertThat(reader.isComplete()).as("seed %s: %s", seed, json).isTrue();
      assertThat(reader.problem()).as("seed %s: %s", seed, json).isEmpty();
    }
  }

  /** Pieces of all transcripts. */
  private static List<String> words() {
    List<String> words =
        new ArrayList<>(List.of("\n", " ", "{", "}", "\"", ",", "a", "</tool_call>"));
    transcripts()
        .forEach(transcript ->
            words.addAll(List.of(transcript.answer().split("(?<=[>(\\[{,])|(?=[<)\\]}])"))));
    AnswerParserTest.transcripts().forEach(transcript -> words.add(transcript.answer()));
    return words;
  }

  private static String answer(List<String> words, Random random) {
    var answer = new StringBuilder();
    for (int count = random.nextInt(24); count >= 0; count--) {
      answer.append(words.get(random.nextInt(words.size())));
    }
    return answer.toString();
  }
}
