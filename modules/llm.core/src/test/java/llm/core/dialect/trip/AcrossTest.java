package llm.core.dialect.trip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import llm.core.gateway.Losses;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Priority;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

@DisplayName("P-2 what does not reach a provider of another dialect is named or refused")
class AcrossTest {
  private static final int ROUNDS = 100;
  private static final int MOST_REMOVED = 300;

  /**
   * Another one by -Dllm.test.seed=…; the same each time without, since a run takes a part of all.
   */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_121);

  /** What goes to a provider, and what the caller is told of the rest. */
  private record Sent(JsonNode body, Priority priority, List<String> lost) {}

  /** {@code LLM} stands for a provider that computes here. */
  @ParameterizedTest
  @CsvSource({
    "OPENAI_CHAT, OPENAI_RESPONSES",
    "OPENAI_CHAT, ANTHROPIC",
    "OPENAI_CHAT, LLM",
    "OPENAI_RESPONSES, OPENAI_CHAT",
    "OPENAI_RESPONSES, ANTHROPIC",
    "OPENAI_RESPONSES, LLM",
    "ANTHROPIC, OPENAI_CHAT",
    "ANTHROPIC, OPENAI_RESPONSES",
    "ANTHROPIC, LLM"
  })
  void isNeverLostInSilence(Dialect from, Dialect to) {
    var defined = new Defined(EveryFieldTest.file(from), Legal.LEFT.get(from));
    Map<String, String> silent = new TreeMap<>();
    int accepted = 0;
    for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
      Optional<JsonNode> some =
          accepted(Legal.of(from, defined.request(seed)), from, to, new Random(seed));
      if (some.isEmpty()) {
        continue;
      }
      accepted++;
      JsonNode body = some.get();
      Sent whole = sent(body, from, to).orElseThrow();
      for (Cut cut : Cut.all(body)) {
        boolean isTold =
            SaysNothing.of(from, to, cut, body)
                || isNamed(cut, body, whole.lost())
                || matters(cut, body, whole, from, to);
        if (!isTold) {
          silent.putIfAbsent(cut + "=" + cut.in(body), "seed " + seed + " " + body + " " + whole);
        }
      }
    }
    assertThat(silent).isEmpty();
    assertThat(accepted).as("seed " + SEED).isGreaterThan(ROUNDS / 2);
  }

  /** Whether another body goes out without it, or with something else in its place. */
  private static boolean matters(Cut cut, JsonNode body, Sent whole, Dialect from, Dialect to) {
    Optional<Sent> less = sent(cut.from(body), from, to);
    if (less.isPresent()) {
      return !less.get().equals(whole);
    }
    if (!cut.in(body).isString()) {
      return true;
    }
    Optional<Sent> other = sent(cut.otherwise(body), from, to); // it has to be said
    return other.isEmpty() || !other.get().equals(whole);
  }

  /** {@code body} without what is refused; empty where that is not found soon. */
  private static Optional<JsonNode> accepted(
      JsonNode body, Dialect from, Dialect to, Random random) {
    JsonNode left = body;
    for (int i = 0; i < MOST_REMOVED && left.size() > 1; i++) {
      try {
        send(left, from, to);
        return Optional.of(left);
      } catch (LlmException refused) {
        Optional<Cut> named = Cut.of(EveryFieldTest.path(refused.error()), left);
        left = named.orElse(Cut.any(left, random)).from(left);
      }
    }
    return Optional.empty();
  }

  /** Reasoning has one name, whatever the fields are in which it came. */
  private static boolean isNamed(Cut cut, JsonNode body, List<String> lost) {
    Set<String> names = new HashSet<>();
    lost.forEach(name -> names.add(name.substring(name.lastIndexOf('.') + 1)));
    boolean isThought =
        isOfThoughts(cut.in(body))
            || cut.within(body).stream()
                .map(node -> node.path("type").asString(""))
                .anyMatch(Set.of("reasoning", "thinking", "redacted_thinking")::contains);
    return cut.keys().stream().anyMatch(names::contains)
        || isThought
            && (names.contains("reasoning")
                || names.contains("reasoning_content")
                || names.contains("signature"));
  }

  /** A message of thoughts alone goes with them. */
  private static boolean isOfThoughts(JsonNode message) {
    JsonNode content = message.path("content");
    boolean all = content.isArray() && !content.isEmpty();
    for (JsonNode part : content) {
      all &= Set.of("thinking", "redacted_thinking").contains(part.path("type").asString(""));
    }
    return all;
  }

  private static Optional<Sent> sent(JsonNode body, Dialect from, Dialect to) {
    try {
      return Optional.of(send(body, from, to));
    } catch (LlmException refused) {
      return Optional.empty();
    }
  }

  private static Sent send(JsonNode body, Dialect from, Dialect to) throws LlmException {
    if (to == Dialect.LLM) {
      ChatRequest request = Trip.read(body, from, Optional.empty());
      Losses.requireComputed(request);
      return new Sent(Computed.of(request), request.priority(), Losses.of(request, Set.of()));
    }
    ChatRequest request = Trip.read(body, from, Optional.of(to));
    return new Sent(Trip.write(request, to), request.priority(), Losses.of(request, Set.of(to)));
  }
}
