package llm.gpu.engine;

import llm.gpu.llama.Library;
import llm.gpu.llama.LlamaException;

/** Loads the native library, on the engine's thread, when it is first needed. */
@FunctionalInterface
public interface LibrarySource {
  /**
   * The library.
   *
   * @throws LlamaException with a client-safe sentence that says why not and what to do
   */
  Library load() throws LlamaException;
}
