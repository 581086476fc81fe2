package llm.core.gateway;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.attempt.Wishes;
import llm.domain.chat.ChatRequest;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.model.ModelSpec;
import llm.domain.port.Nuance;

/** What callers are told that does not reach a provider, for tests of the dialects. */
public final class Losses {
  private Losses() {}

  /** Names of the fields that no provider of {@code dialects} is told. */
  public static List<String> of(ChatRequest request, Set<Dialect> dialects) {
    List<String> lost = Wishes.lost(request, dialects, left(dialects));
    if (Wishes.arePlain(request) && !lost.isEmpty()) {
      throw new AssertionError("a plain request loses nothing, but here " + lost);
    }
    return lost;
  }

  /** What providers leave out that ask in these dialects; without any, that they compute here. */
  private static Set<Nuance> left(Set<Dialect> dialects) {
    if (dialects.isEmpty()) {
      return Set.of(Nuance.IMAGE_DETAIL, Nuance.SCHEMA_DESCRIPTION, Nuance.PREDICTION);
    }
    if (dialects.contains(Dialect.ANTHROPIC)) {
      return EnumSet.allOf(Nuance.class);
    }
    return dialects.contains(Dialect.OPENAI_CHAT)
        ? Set.of(Nuance.REASONING)
        : Set.of(Nuance.REASONING, Nuance.NAMES, Nuance.PREDICTION);
  }

  /**
   * Refuses what a provider that computes here, and speaks no dialect, would pass over.
   *
   * @throws LlmException with {@code Unsupported}
   */
  public static void requireComputed(ChatRequest request) throws LlmException {
    TestProvider provider = TestProvider.playing("local");
    var spec = new ModelSpec(8_000, 8_000, true, true, true, Optional.empty(), Optional.empty());
    Wishes.require(request, new Route(provider, "m", spec, true));
  }
}
