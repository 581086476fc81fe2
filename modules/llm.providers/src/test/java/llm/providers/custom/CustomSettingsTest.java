package llm.providers.custom;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("C-8 an endpoint that is described wrongly is refused at start, by name")
class CustomSettingsTest {
  private static final String GOOD =
      "url: http://h/x\nmodels: [m]\nrequest: '{\"p\": \"{{prompt}}\"}'\nresponse: {text: a.b}\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "url: http://h/x | | url: is missing",
        "url: http://h/x | url: h/x | url: must begin with http",
        "url: http://h/x | url: 'http://h/a b' | url: must be a URL",
        "url: http://h/x | url: 'http://h/x#y' | url: must have no fragment",
        "models: [m] | models: [] | models: must name one model",
        "request: '{\"p\": \"{{prompt}}\"}' | | request: is missing",
        "request: '{\"p\": \"{{prompt}}\"}' | request: '{' | request: must be a JSON object",
        "request: '{\"p\": \"{{prompt}}\"}' | request: '[]' | request: must be a JSON object",
        "request: '{\"p\": \"{{prompt}}\"}' | request: '{\"p\": 1}' | say where the messages go",
        "request: '{\"p\": \"{{prompt}}\"}' | request: '{\"p\": \"{{text}}\"}' | p has {{text}}",
        "request: '{\"p\": \"{{prompt}}\"}' | request: '{\"p\": \"a {{messages}}\"}' | stand alone",
        "response: {text: a.b} | response: {error: x} | response: must have text",
        "response: {text: a.b} | response: {text: a..b} | response.text: must be a path",
        "response: {text: a.b} | response: {text: a.b, finish: c} | response.finish",
      })
  void eachMistakeIsNamed(String good, String bad, String said) {
    String yaml = GOOD.replace(good, bad == null ? "" : bad);
    assertThat(problems(yaml)).as(yaml).anyMatch(problem -> problem.contains(said));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stream: {format: xml} | stream.format",
        "stream: {format: sse, url: http://other/x} | stream.url: must be at the same",
        "stream: {format: sse, done_path: a..x} | stream.done_path",
        "prompt: {user: hello} | prompt.user: must have {{text}}",
        "finish_reasons: {a: b} | finish_reasons",
        "method: get | method",
        "json_schema: native | json_schema: must be auto, words or refuse",
        "json_schema: json_object | json_schema: must be auto, words or refuse",
        "requst: x | requst",
      })
  void eachFurtherMistakeIsNamed(String more, String said) {
    assertThat(problems(GOOD + more)).anyMatch(problem -> problem.contains(said));
  }

  @Test
  void whatIsRightIsTaken() {
    assertThat(problems(GOOD)).isEmpty();
    assertThat(problems(GOOD + "stream: {format: sse, text: 'c[0].d', done: '[DONE]'}")).isEmpty();
  }

  private static List<String> problems(String yaml) {
    var config = TestConfig.yaml(yaml);
    CustomSettings.read("up", config.root());
    return config.problems();
  }
}
