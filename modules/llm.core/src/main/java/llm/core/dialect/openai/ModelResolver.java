package llm.core.dialect.openai;

import java.util.Optional;
import llm.domain.content.Dialect;
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
   * The dialect in which {@code model}'s provider asks its upstream. Fields that are known and not
   * done here reach the model all the same where they are written in that; elsewhere they are
   * refused.
   *
   * @throws LlmException when there is no such model any more
   */
  default Optional<Dialect> dialect(ModelName model) throws LlmException {
    return Optional.empty();
  }

  /**
   * Whether fields of {@code dialect} reach {@code model}: its provider can ask in it.
   *
   * @throws LlmException when there is no such model any more
   */
  default boolean reads(ModelName model, Dialect dialect) throws LlmException {
    return dialect(model).filter(dialect::isReadAs).isPresent();
  }

  /**
   * Whether {@code model} is asked in dialects alone that can say that a tool's parameters bind the
   * model: those of every upstream that has one.
   *
   * @throws LlmException when there is no such model any more
   */
  default boolean readsStrict(ModelName model) throws LlmException {
    return dialect(model).isPresent();
  }
}
