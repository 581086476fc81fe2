package llm.core.limit;

import java.util.List;

/**
 * The limits as one reading of the configuration has them.
 *
 * @param rules all that are about a request must let it in
 * @param whenStoreIsLost what happens while the shared store cannot be asked
 * @param expectedOutputTokens what an answer is reserved for whose request does not limit it
 */
public record LimitRules(
    List<LimitRule> rules, WhenLost whenStoreIsLost, int expectedOutputTokens) {
  /** No limits. */
  public static final LimitRules NONE = new LimitRules(List.of(), WhenLost.ALLOW, 1_000);

  /** What happens while the shared store cannot be asked. */
  public enum WhenLost {
    /** Each process counts for itself. */
    ALLOW,
    /** Requests that have a limit are refused. */
    REFUSE
  }

  /** Copies the list. */
  public LimitRules {
    rules = List.copyOf(rules);
  }
}
