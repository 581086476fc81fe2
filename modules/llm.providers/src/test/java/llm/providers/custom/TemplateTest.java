package llm.providers.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.testkit.Fuzz;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.providers.custom.AnswerPaths.Key;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-1 whatever a value says, it stays within its place")
class TemplateTest {
  private static final PromptForm FORM =
      new PromptForm("{{text}}\n", "U:{{text}}\n", "A:{{text}}\n", "A:");
  private static final Template TEMPLATE =
      Template.of(
          """
          {"a": {"prompt": "{{prompt}}", "n": 1.50, "list": ["{{ model }}", "{{seed}}", true]},
           "text": "<{{model}}> {{prompt}} {{seed}}", "stop": "{{stop}}", "m": "{{messages}}",
           "key {{model}}": {"seed": "{{seed}}"}}\
          """);

  @Test
  void everyBodyIsJsonWithTheValuesInTheirPlaces() throws LlmException {
    long seed = 611;
    var random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      String said = text(random);
      String stop = "s" + text(random);
      var sampling = SamplingOptions.builder().stop(List.of(stop));
      boolean seeded = random.nextBoolean();
      if (seeded) {
        sampling.seed(round);
      }
      var request =
          ChatRequest.of(new ModelName("m"), List.of(Message.user(said)))
              .withSampling(sampling.build());
      byte[] body = TEMPLATE.fill(RequestValues.of(request, "m\"m", false, FORM, TEMPLATE));
      var found = new ArrayList<String>();
      new Paths<String>()
          .with("prompt", "a.prompt")
          .with("model", "/a/list/0")
          .with("stop", "stop[0]")
          .with("message", "m[0].content")
          .with("text", "text")
          .with("seed", "key {{model}}.seed")
          .find(body, (key, value) -> found.add(key + "=" + value.text()));
      String number = seeded ? Integer.toString(round) : "";
      var expected =
          new ArrayList<>(
              List.of(
                  "prompt=" + said,
                  "model=m\"m",
                  "text=<m\"m> " + said + " " + number,
                  "stop=" + stop,
                  "message=" + said));
      if (seeded) {
        expected.add("seed=" + number);
      }
      assertThat(found).as("seed %d, round %d", seed, round).isEqualTo(expected);
    }
  }

  @Test
  void severalMessagesBecomeOneText() {
    var messages =
        List.of(
            Message.system("s"),
            Message.user("{{text}}"),
            Message.assistant("b"),
            Message.user("c"));
    assertThat(FORM.of(messages)).isEqualTo("s\nU:{{text}}\nA:b\nU:c\nA:");
    assertThat(FORM.of(List.of(Message.user("alone")))).isEqualTo("alone");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a..b", "/", "a[x].b.", "//a"})
  void aPathThatIsNoneIsRefused(String path) {
    assertThatThrownBy(() -> Paths.steps(path)).hasMessageContaining("be a path");
  }

  @Test
  void aPathIsAPointerOrDotted() {
    assertThat(Paths.steps("a[0].b[*]")).containsExactly("a", "0", "b", "*");
    assertThat(Paths.steps("a.0.b")).containsExactly("a", "0", "b");
    assertThat(Paths.steps("/a~1b/0/~0c.d")).containsExactly("a/b", "0", "~c.d");
  }

  @Test
  @Tag("fuzz")
  @Tag("json")
  void whateverAnEndpointAnswersThereIsAnEndOrAFailure() {
    var paths =
        new AnswerPaths(
            Map.of(
                Key.TEXT, "a[*].b",
                Key.ERROR, "e",
                Key.FINISH_REASON, "a[0].f",
                Key.OUTPUT_TOKENS, "a",
                Key.DONE_PATH, "d"));
    byte[] good =
        "{\"a\":[{\"b\":\"x\",\"f\":\"stop\"},{\"b\":null}],\"e\":null,\"d\":true,\"a2\":[1,null]}"
            .getBytes(StandardCharsets.UTF_8);
    Fuzz.target("json")
        .rounds(20_000)
        .run(
            random -> {
              byte[] data = good.clone();
              for (int change = random.nextInt(4); change > 0; change--) {
                data[random.nextInt(data.length)] =
                    (byte) "{}[]\",:x1 e\\".charAt(random.nextInt(12));
              }
              return data;
            },
            (data, _) -> {
              var reader =
                  new CustomReader(
                      new UpstreamFailures("up"), paths, Optional.of("[DONE]"), Map.of());
              try {
                reader.read(data, 0, data.length, _ -> {});
                assertThat(reader.end()).isNotNull();
                assertThat(reader.endWhole()).isNotNull();
              } catch (LlmException refused) {
                assertThat(refused.error())
                    .isInstanceOfAny(LlmError.ProviderFailed.class, LlmError.ProviderRefused.class);
              }
            });
  }

  private static String text(Random random) {
    String[] pieces = {"a", "\"", "\\", "\n", "\u0001", "ü", "😀", "{{seed}}", "}", "\",\"x\":1"};
    var text = new StringBuilder("-");
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }
}
