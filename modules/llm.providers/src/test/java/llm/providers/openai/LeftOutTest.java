package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Nuance;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-2 what an upstream has no place for is known before it is asked")
class LeftOutTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "server: generic; REASONING",
        "server: openai; REASONING",
        "server: openai, api: auto; REASONING",
        "server: generic, reasoning_back: reasoning_content; ",
        "server: vllm; ",
        "server: vllm, reasoning_back: none; REASONING",
        "server: openai, api: responses; REASONING NAMES PREDICTION",
      })
  void ofEveryKindOfServer(String settings, String left) {
    try (var up = Upstreams.named(settings.replace(", ", "\n"))) {
      Set<Nuance> expected =
          left == null
              ? Set.of()
              : Set.copyOf(Arrays.stream(left.split(" ")).map(Nuance::valueOf).toList());
      assertThat(up.provider.leavesOut(new ModelName("up/m"))).isEqualTo(expected);
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "server: generic; NATIVE",
        "server: vllm; NATIVE",
        "server: deepseek; JSON_MODE",
        "server: deepseek, json_schema: native; NATIVE",
        "json_schema: json_object; JSON_MODE",
        "json_schema: words; WORDS",
        "json_schema: refuse; NONE",
      })
  void whatIsDoneForASchemaIsKnownToo(String settings, SchemaSupport support) {
    try (var up = Upstreams.named(settings.replace(", ", "\n"))) {
      assertThat(up.provider.schemaSupport(new ModelName("up/m"))).isEqualTo(support);
    }
  }
}
