package llm.core.template.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.domain.chat.StreamEvent;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A-2: an answer that begins as a call without marks does comes as soon as it is none")
class EarlyTextTest {
  private static AnswerParser parser(AnswerFormat format) {
    return new AnswerParser(format, Beginning.ANSWER, Transcript.TOOLS, () -> "id");
  }

  private static String text(List<StreamEvent> events) {
    assertThat(events).hasSize(1).hasOnlyElementsOfType(StreamEvent.TextDelta.class);
    return ((StreamEvent.TextDelta) events.getFirst()).text();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '~',
      value = {
        "LLAMA3~{\"answer\": 1",
        "LLAMA3~{\"answ",
        "LLAMA3~{ \"name\": \"John",
        "LLAMA3~{\"name\": {",
        "LLAMA3~{\"name\": \"now\\\\",
        "LLAMA3~{\"name\": \"no\\u0078\"",
        "LLAMA3~{\"name\": \"get_weather_of",
        "LLAMA3~{\"type\": \"object",
        "LLAMA3~{\"type\": \"function\", \"x",
        "LLAMA3~{'name",
        "LLAMA3~{}",
        "LLAMA3~[1",
        "FUNCTIONARY~{\"city",
        "PYTHONIC~[1,",
        "PYTHONIC~[\"a",
        "PYTHONIC~[get_it",
        "PYTHONIC~[now[",
        "PYTHONIC~[now(\"",
        "PYTHONIC~{\"name",
      })
  void whatCannotBeACallComesWhileTheAnswerIsWritten(AnswerFormat format, String beginning) {
    boolean escaped = beginning.endsWith("\\\\");
    AnswerParser parser = parser(format);
    if (escaped) {
      assertThat(parser.push(beginning)).isEmpty(); // names have escapes
      assertThat(text(parser.push("\""))).isEqualTo(beginning + '"');
    } else {
      assertThat(text(parser.push(beginning))).isEqualTo(beginning);
    }
    assertThat(text(parser.push(" more"))).isEqualTo(" more");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '~',
      value = {
        "LLAMA3~{\"na~me\": \"now\", \"parameters\": {}}",
        "LLAMA3~{\"type\": \"func~tion\", \"name\": \"now\", \"parameters\": {}}",
        "LLAMA3~{\"parameters\": {}, ~\"name\": \"now\"}",
        "LLAMA3~{\"\\u006eam~e\": \"no\\u0077\", \"parameters\": {}}",
        "LLAMA3~{\"name\": \"now\", \"x\": 1, ~\"parameters\": {}}",
        "FUNCTIONARY~{\"name\": \"n~ow\", \"parameters\": {}}",
        "PYTHONIC~[no~w()]",
      })
  void whatMayBeACallIsHeldBack(AnswerFormat format, String beginning, String rest) {
    AnswerParser parser = parser(format);
    assertThat(parser.push(beginning)).isEmpty();
    assertThat(parser.push(rest))
        .first()
        .isEqualTo(new StreamEvent.ToolCallStarted(0, "id", "now"));
  }
}
