package llm.bench.talk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llm.bench.local.Fields;

/** What the server's log tells of a conversation: when turns came and were asked, and warm-ups. */
public final class TalkTrace {
  private final Map<String, Instant> began = new HashMap<>();
  private final Map<String, Instant> asked = new HashMap<>();
  private final Map<String, Boolean> besideWarmUp = new HashMap<>();
  private final List<Double> handoversAt = new ArrayList<>();
  private int warmUps;
  private boolean warming;

  /** Reads the log of a server that has ended. */
  public static TalkTrace read(Path log) {
    var trace = new TalkTrace();
    try (Stream<String> lines = Files.lines(log)) {
      lines.filter(line -> line.startsWith("{")).forEach(trace::line);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
    return trace;
  }

  private void line(String line) {
    String turn = Fields.text(line, "turn");
    switch (Fields.text(line, "event")) {
      case "user_turn_start" -> {
        began.put(turn, at(line));
        besideWarmUp.put(turn, warming);
      }
      case "request_send" -> asked.putIfAbsent(turn, at(line));
      case "warmup_start" -> {
        warming = true;
        warmUps++;
      }
      case "warmup_ready", "warmup_failed", "warmup_cancelled" -> warming = false;
      case "handover_perform" -> handoversAt.add(Fields.number(line, "ratio_before"));
      default -> {
        // of no matter here
      }
    }
  }

  private static Instant at(String line) {
    return Instant.parse(Fields.text(line, "ts"));
  }

  /** Turns that began. */
  public int turns() {
    return began.size();
  }

  /** Whether a warm-up ran when the turn began. */
  public boolean besideWarmUp(String turn) {
    return besideWarmUp.getOrDefault(turn, false);
  }

  /** How many turns began while a warm-up ran. */
  public long turnsBesideWarmUps() {
    return besideWarmUp.values().stream().filter(beside -> beside).count();
  }

  /** From a turn's beginning until its model was asked, at most, in ms; NaN when one never was. */
  public double longestUntilAsked() {
    double longest = 0;
    for (Map.Entry<String, Instant> turn : began.entrySet()) {
      Instant then = asked.get(turn.getKey());
      double millis =
          then == null ? Double.NaN : Duration.between(turn.getValue(), then).toNanos() / 1e6;
      longest = Math.max(longest, millis);
    }
    return longest;
  }

  /** Warm-ups that were begun. */
  public int warmUps() {
    return warmUps;
  }

  /** How full the old context was at each handover. */
  public List<Double> handoversAt() {
    return List.copyOf(handoversAt);
  }
}
