package llm.server.probe.report;

import java.util.OptionalDouble;
import llm.core.conversation.TurnReport;

/**
 * What was measured of one turn. Times are milliseconds since the request was sent.
 *
 * @param name what the report calls it
 * @param replayed whether it was answered in an earlier run and told again: no times then
 * @param firstToken to the first content of any kind
 * @param accepted until the provider had accepted; over a network the head of its answer
 * @param total to the answer's end
 * @param chunks pieces of text
 * @param report what the conversation says of it
 */
public record TurnFigures(
    String name,
    boolean replayed,
    OptionalDouble firstToken,
    OptionalDouble accepted,
    OptionalDouble total,
    long chunks,
    TurnReport report) {

  /** Pieces of text a second from the first one on; empty for fewer than two. */
  OptionalDouble chunksPerSecond() {
    if (chunks < 2 || firstToken.isEmpty() || total.isEmpty()) {
      return OptionalDouble.empty();
    }
    double seconds = (total.getAsDouble() - firstToken.getAsDouble()) / 1e3;
    return seconds > 0 ? OptionalDouble.of((chunks - 1) / seconds) : OptionalDouble.empty();
  }
}
