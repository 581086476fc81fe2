package llm.core.dialect.openai;

import java.util.Optional;
import llm.domain.chat.ToolChoice;
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

  /**
   * Whether a call that is demanded of {@code model} is held to its tool's parameters here, strict
   * or not.
   *
   * @throws LlmException when there is no such model any more
   */
  default boolean holdsCalls(ModelName model) throws LlmException {
    return false;
  }

  /**
   * Whether a strict tool of a request to {@code model} is one: its parameters bind the model.
   *
   * @throws LlmException when there is no such model any more
   */
  default boolean holdsStrict(ModelName model, ToolChoice choice) throws LlmException {
    boolean demanded = choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named;
    return readsStrict(model) || demanded && holdsCalls(model);
  }
}
