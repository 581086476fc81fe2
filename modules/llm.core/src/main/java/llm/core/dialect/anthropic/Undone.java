package llm.core.dialect.anthropic;

import java.util.function.Supplier;
import llm.core.dialect.json.FirstRefusal;
import llm.domain.error.LlmException;

/**
 * Refusals of what a body asks and not every provider does. They are gathered while it is read, as
 * the model may be named last. Not thread-safe; one body each.
 */
final class Undone {
  private final FirstRefusal elsewhere = new FirstRefusal();
  private final FirstRefusal here = new FirstRefusal();

  /** Only a provider that speaks this dialect can do it. */
  void exceptByAnthropic(Supplier<LlmException> refusal) {
    elsewhere.add(refusal);
  }

  /** Only a provider that asks an upstream can do it. */
  void exceptUpstream(Supplier<LlmException> refusal) {
    here.add(refusal);
  }

  /**
   * Throws the first refusal that holds for a provider of another dialect.
   *
   * @param upstream whether it asks one
   */
  void require(boolean upstream) throws LlmException {
    elsewhere.require();
    if (!upstream) {
      here.require();
    }
  }
}
