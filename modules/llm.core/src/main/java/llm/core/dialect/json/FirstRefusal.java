package llm.core.dialect.json;

import java.util.Optional;
import java.util.function.Supplier;
import llm.domain.error.LlmException;

/**
 * The first of what a body asks and not every provider does. It is held while the body is read, as
 * the model may be named last. The others are not even made: a body of some megabytes may ask for a
 * million such things, and a refusal is dear. Not thread-safe; one body each.
 */
public final class FirstRefusal {
  private Optional<LlmException> first = Optional.empty();

  /** None yet. */
  public FirstRefusal() {}

  /** Notes {@code refusal}, which is made if it is the first. */
  public void add(Supplier<LlmException> refusal) {
    if (first.isEmpty()) {
      first = Optional.of(refusal.get());
    }
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return first.isEmpty();
  }

  /**
   * Throws it, if there is one.
   *
   * @throws LlmException it
   */
  public void require() throws LlmException {
    if (first.isPresent()) {
      throw first.get();
    }
  }
}
