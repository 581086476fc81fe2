package llm.core.dialect.openai;

import java.util.Optional;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/** Finds the model that a body means; the gateway's {@code resolve} is one. */
@FunctionalInterface
public interface ModelResolver {

  /**
   * The model to use for what the body says, which may be nothing.
   *
   * @throws LlmException when there is no such model, or it cannot serve now
   */
  ModelName resolve(Optional<String> asked) throws LlmException;

  /**
   * Whether fields that are known and not done here reach {@code model} all the same, because its
   * provider speaks the dialect they are written in. Where not, they are refused.
   *
   * @throws LlmException when there is no such model any more
   */
  default boolean relays(ModelName model) throws LlmException {
    return false;
  }
}
