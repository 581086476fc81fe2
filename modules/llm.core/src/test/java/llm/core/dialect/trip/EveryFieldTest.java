package llm.core.dialect.trip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llm.domain.chat.ChatRequest;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

@DisplayName("P-2 what a dialect defines of a request reaches a provider of that dialect whole")
class EveryFieldTest {
  private static final int ROUNDS = 500;
  private static final int MOST = 8_000;

  /**
   * Another one by -Dllm.test.seed=…; the same each time without, since a run takes a part of all.
   */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_121);

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LLM")
  void comesThrough(Dialect dialect) {
    var defined = new Defined(file(dialect), Legal.LEFT.get(dialect));
    Map<String, Integer> refusals = new TreeMap<>();
    int through = 0;
    long seed = SEED;
    for (; seed < SEED + ROUNDS || isOpen(defined, seed); seed++) {
      JsonNode body = Legal.of(dialect, defined.request(seed));
      String as = "seed " + seed + ": " + body;
      try {
        ChatRequest request = Trip.read(body, dialect, Optional.of(dialect));
        JsonNode written = Trip.write(request, dialect);
        assertThat(Plain.of(dialect, written)).as(as).isEqualTo(Plain.of(dialect, body));
        through++;
      } catch (LlmException refused) {
        assertThat(path(refused.error())).as(as + refused.error()).isNotBlank();
        refusals.merge(path(refused.error()).replaceAll("[0-9]+", ""), 1, Integer::sum);
      }
    }
    assertThat(defined.uncovered()).as("seed " + SEED).isEmpty();
    assertThat(through)
        .as("seed " + SEED + " " + refusals)
        .isGreaterThan((int) (seed - SEED) * 9 / 10);
  }

  /** Fields that are rare come at last. */
  private static boolean isOpen(Defined defined, long seed) {
    return seed < SEED + MOST && !defined.uncovered().isEmpty();
  }

  static String file(Dialect dialect) {
    return switch (dialect) {
      case ANTHROPIC -> "anthropic.json";
      case OPENAI_RESPONSES -> "openai-responses.json";
      case OPENAI_CHAT, LLM -> "openai-chat.json";
    };
  }

  static String path(LlmError error) {
    return switch (error) {
      case LlmError.Unsupported unsupported -> unsupported.path();
      case LlmError.InvalidRequest invalid -> invalid.path().orElse("");
      default -> "";
    };
  }
}
