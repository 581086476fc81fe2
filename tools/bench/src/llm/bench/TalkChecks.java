package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.bench.system.BenchFailure;
import llm.bench.talk.TalkTurn;

/** Checks of how first tokens in fresh contexts are judged, made when the benchmarks are built. */
final class TalkChecks {
  private static final int TURNS = 60;
  private static final int TURNS_OF_A_CONTEXT = 10;

  private TalkChecks() {}

  /** Throws when something is not as it should be. */
  static void all() {
    TalkFirstTokens good = talk(60, 104);
    require(good.late().isEmpty() && good.readAnew().isEmpty(), "a good talk is judged bad");
    require(good.ratios().size() == 6, "not every fresh context is compared");
    tells(talk(60, 130).late(), "1.3 times");
    require(talk(110, 190).readAnew().isEmpty(), "one unread turn is taken for a whole context");
    TalkFirstTokens unread = talk(700, 480);
    require(unread.ratios().isEmpty(), "what has no like is compared");
    tells(unread.readAnew(), "6 of 6 turns in a fresh context had far more to read");
  }

  /** One whose fresh contexts have so many tokens to read and their first token after so long. */
  private static TalkFirstTokens talk(int tokens, double millis) {
    var said = new ArrayList<TalkTurn>();
    for (int i = 1; i <= TURNS; i++) {
      boolean fresh = i % TURNS_OF_A_CONTEXT == 0;
      said.add(turn("t" + i, fresh ? tokens : 60, fresh ? millis : 100, fresh));
    }
    said.add(turn("beside a warm-up", 800, 500, false));
    return new TalkFirstTokens(List.copyOf(said), "beside a warm-up"::equals);
  }

  private static TalkTurn turn(String id, int tokens, double millis, boolean fresh) {
    return new TalkTurn(id, "", "turn_finished", "", millis, 800, tokens, fresh, 0);
  }

  private static void tells(Optional<String> problem, String expected) {
    require(problem.orElse("").contains(expected), "expected '" + expected + "', told " + problem);
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new BenchFailure("the self-check failed: " + otherwise);
    }
  }
}
