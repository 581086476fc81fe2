package llm.gpu.engine;

import java.util.Optional;
import llm.gpu.llama.Library;

/**
 * How the engine is, at one moment.
 *
 * @param library the native library; empty before its first use
 * @param model the name of the loaded model
 * @param failure why the last attempt to load library or model failed; empty after a success
 * @param waiting requests in the queue
 * @param busy whether a generation runs
 */
public record EngineStatus(
    Optional<Library> library,
    Optional<String> model,
    Optional<String> failure,
    int waiting,
    boolean busy) {}
