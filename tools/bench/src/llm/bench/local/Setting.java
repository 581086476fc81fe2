package llm.bench.local;

import java.util.ArrayList;
import java.util.List;

/**
 * What is the same for everyone who is compared.
 *
 * @param contextTokens the window
 * @param batchTokens the most tokens of one decode
 * @param threads that compute
 * @param core the core that the compared processes are pinned to with {@code taskset}; empty text
 *     for none
 */
public record Setting(int contextTokens, int batchTokens, int threads, String core) {
  /** The command, pinned. */
  public List<String> pinned(List<String> command) {
    if (core.isEmpty()) {
      return command;
    }
    var pinned = new ArrayList<>(List.of("taskset", "-c", core));
    pinned.addAll(command);
    return pinned;
  }
}
