package llm.gpu.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import llm.gpu.ffi.Models;

/** A LoRA adapter in memory. Belongs to its model, which frees it, and to that one's thread. */
public final class Adapter {
  private final Model model;
  private final Handle handle;

  private Adapter(Model model, Handle handle) {
    this.model = model;
    this.handle = handle;
  }

  static Adapter load(Model model, Path file) throws LlamaException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(file.toString());
      return new Adapter(
          model,
          new Handle(
              "adapter",
              Models.loadAdapter(model.pointer(), path),
              "llama.cpp could not load the adapter."));
    }
  }

  /**
   * An adapter, and how much of it.
   *
   * @param scale finite
   */
  public record Use(Adapter adapter, float scale) {
    /** Rejects a scale that would make every logit none. */
    public Use {
      if (!Float.isFinite(scale)) {
        throw new IllegalArgumentException("scale " + scale + " must be finite");
      }
    }
  }

  /** The pointer, for a context of {@code asking}. */
  MemorySegment pointerFor(Model asking) {
    if (asking != model) {
      throw new IllegalArgumentException("the adapter is one of another model");
    }
    return handle.get();
  }

  /** No context of the model may be open. */
  void free() {
    Models.freeAdapter(handle.take());
  }
}
