package llm.gpu.adapter;

import java.nio.file.Path;
import java.util.List;

/** Knows the adapters of models. Thread-safe. */
@FunctionalInterface
public interface AdapterSource {
  /** No model has any. */
  AdapterSource NONE = _ -> List.of();

  /** The adapters of the model in the file {@code model}, in the order of their numbers. */
  List<AdapterFile> of(Path model);
}
