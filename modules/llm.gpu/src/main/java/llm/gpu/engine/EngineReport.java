package llm.gpu.engine;

import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/** What the engine writes to the log of each request, at DEBUG. */
final class EngineReport {
  private EngineReport() {}

  /** A request has ended. */
  static void ended(Log log, Slot slot, StreamEvent.Terminal terminal, long nowNanos) {
    if (!log.enabled(Level.DEBUG)) {
      return;
    }
    double seconds = (nowNanos - slot.startNanos()) / 1e9;
    Usage usage = terminal.usage();
    log.debug("generation_end")
        .call(slot.job().call())
        .put("end", terminal.getClass().getSimpleName())
        .put("prompt_tokens", usage.promptTokens())
        .put("cached_tokens", usage.cachedTokens())
        .put("completion_tokens", usage.completionTokens())
        .put("ms", seconds * 1000)
        .put("fallback", slot.isFallback())
        .put("tokens_per_second", usage.completionTokens() / Math.max(seconds, 1e-9))
        .emit();
  }
}
