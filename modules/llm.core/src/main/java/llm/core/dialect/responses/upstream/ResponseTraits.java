package llm.core.dialect.responses.upstream;

import java.util.Optional;

/**
 * What of a request differs from model to model.
 *
 * @param developerRole whether instructions are the developer's; else the system's
 * @param encryptedReasoning whether the model's reasoning is asked for in the form that only the
 *     upstream reads, so that it can be given back; models without reasoning refuse it
 * @param summary how its reasoning is to be told, as {@code auto}; empty: not at all
 */
public record ResponseTraits(
    boolean developerRole, boolean encryptedReasoning, Optional<String> summary) {
  /** What every model takes. */
  public static final ResponseTraits COMMON = new ResponseTraits(false, false, Optional.empty());
}
