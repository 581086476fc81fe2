package llm.domain.port;

import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.call.Call;
import llm.domain.error.LlmException;
import llm.domain.model.MemoryStanding;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence;

/**
 * Brings models of this process into memory and out of it. A provider of such says so by {@link
 * ChatProvider#memory}. Requests load their model by themselves; this is for operators.
 * Thread-safe.
 */
public interface ModelMemory {

  /** A change that is under way; whoever asks for the same shares it. */
  @FunctionalInterface
  interface Change {
    /**
     * Waits for it; whoever stops waiting stops nothing else.
     *
     * @throws LlmException with why it came to nothing, or how {@code call} was cancelled
     */
    void await(Call call) throws LlmException;
  }

  /**
   * Begins to load a model; models that nobody asks leave where memory or a place is needed, busy
   * ones never.
   *
   * @param contextTokens the window, until it is unloaded; empty for the settings'
   * @throws LlmException when there is no such model, or it is loaded with another window
   */
  Change load(ModelName model, OptionalInt contextTokens) throws LlmException;

  /**
   * Begins to unload a model, once it has answered what came before; a load under way is ended.
   *
   * @throws LlmException when there is no such model
   */
  Change unload(ModelName model) throws LlmException;

  /**
   * Loads a model that will be asked soon, in the background and where a place is free, if the
   * settings have models loaded before they are asked; a failure is logged only. Does not block.
   */
  void warm(ModelName model);

  /** How one model is; empty when there is none of this name. Does not wait for a device. */
  Optional<ModelResidence> residence(ModelName model);

  /** How all are. Does not wait for a device. */
  MemoryStanding standing();
}
