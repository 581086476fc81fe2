package llm.server.probe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Sentences that follow from the figures, each with the figures it follows from. */
final class Conclusions {
  private static final double UNEVEN = 2; // the 95th percentile over the median
  private static final double SLOWER = 1.5; // the first turn over the median of the others
  private static final int FEW = 5;

  private final Results results;
  private final Trail trail;
  private final List<String> sentences = new ArrayList<>();

  private Conclusions(Results results, Trail trail) {
    this.results = results;
    this.trail = trail;
  }

  static List<String> of(Results results, Trail trail) {
    var all = new Conclusions(results, trail);
    all.target();
    all.spread();
    all.firstTurn();
    all.parts();
    all.contexts();
    all.summaries();
    return all.sentences;
  }

  private void target() {
    sentences.add(results.verdict() + ".");
    Sample first = results.firstToken();
    if (!first.isEmpty() && first.count() < FEW) {
      say("%d measured turns are few: the p95 is close to the slowest of them.", first.count());
    }
  }

  private void spread() {
    Sample first = results.firstToken();
    if (first.count() < FEW || first.p50() <= 0) {
      return;
    }
    double ratio = first.p95() / first.p50();
    say(
        "The first token comes %s: the p95 is %.1f times the p50.",
        ratio < UNEVEN ? "evenly" : "unevenly", ratio);
  }

  private void firstTurn() {
    List<TurnFigures> live = results.live();
    if (live.size() < 2 || live.getFirst().firstToken().isEmpty()) {
      return;
    }
    Sample rest =
        Sample.of(
            live.stream().skip(1).flatMap(turn -> turn.firstToken().stream().boxed()).toList());
    if (rest.isEmpty()) {
      return;
    }
    double first = live.getFirst().firstToken().getAsDouble();
    if (first > SLOWER * rest.p50()) {
      say(
          "The first turn waited longer (%.1f ms) than the others (p50 %.1f ms), although the"
              + " connection was ready.",
          first, rest.p50());
    }
  }

  private void parts() {
    Sample first = results.firstToken();
    Sample total = results.total();
    if (!first.isEmpty() && !total.isEmpty() && total.p50() > 0) {
      say(
          "At the median %.0f %% of a turn is the wait for its first token.",
          100 * first.p50() / total.p50());
    }
    Sample head = results.firstByte();
    if (!head.isEmpty() && !first.isEmpty() && first.p50() > 0) {
      say(
          "At the median %.0f %% of that wait passes before the head of the answer is there.",
          100 * head.p50() / first.p50());
    }
  }

  private void contexts() {
    List<TurnFigures> live = results.live();
    if (live.isEmpty()) {
      return;
    }
    say(
        "The context went from %.1f %% to %.1f %%.",
        100 * live.getFirst().report().contextRatioBefore(),
        100 * live.getLast().report().contextRatioAfter());
    int started = trail.all(List.of("warmup_start")).size();
    int handovers = trail.all(List.of("handover_perform")).size();
    if (started == 0) {
      say("No next context was made ready: the warm-up threshold was not reached.");
    } else {
      say(
          "The next context was begun %s, ready %s and taken %s.",
          times(started), times(trail.all(List.of("warmup_ready")).size()), times(handovers));
    }
    long cut = live.stream().filter(turn -> turn.report().leftOutMessages() > 0).count();
    if (cut > 0) {
      say("The model was not told all messages, for they had no room, %s.", times(cut));
    }
  }

  private void summaries() {
    Optional<SummaryFigures> made =
        results.summaries().stream().filter(one -> !one.hit()).findFirst();
    Optional<SummaryFigures> read =
        results.summaries().stream().filter(SummaryFigures::hit).findFirst();
    if (made.isPresent() && read.isPresent() && read.get().millis() > 0) {
      say(
          "A summary took %.1f ms when the model made it, %.1f ms from the cache: %.0f times"
              + " faster.",
          made.get().millis(), read.get().millis(), made.get().millis() / read.get().millis());
    } else if (read.isPresent()) {
      say("Every summary came from the cache, the first in %.1f ms.", read.get().millis());
    } else if (made.isPresent()) {
      say("No summary came from the cache; the model made each of them.");
    } else if (results.kind() == Results.Kind.E2E) {
      say("There was no summary: the model's window has no room to ask for one.");
    }
  }

  private static String times(long count) {
    return count == 0 ? "never" : count == 1 ? "once" : count == 2 ? "twice" : count + " times";
  }

  private void say(String format, Object... values) {
    sentences.add(String.format(Locale.ROOT, format, values));
  }
}
