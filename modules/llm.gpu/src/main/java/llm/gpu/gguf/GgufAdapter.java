package llm.gpu.gguf;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a LoRA adapter's file says about itself, found sound as far as that can be seen without its
 * model.
 *
 * @param architecture that of the models it may be for
 * @param tensors its tensors by their names
 * @param fileBytes the file's size
 */
public record GgufAdapter(String architecture, Map<String, GgufTensor> tensors, long fileBytes) {
  /** Copies the map. */
  public GgufAdapter {
    tensors = Map.copyOf(tensors);
  }

  /**
   * Reads the header of {@code file}.
   *
   * @throws GgufException when it is absent, unreadable, damaged, or no LoRA adapter
   */
  public static GgufAdapter read(Path file) throws GgufException {
    return GgufReader.readAdapter(file);
  }

  /**
   * Compares it with its model.
   *
   * @param header the model's
   * @param files all of the model's files
   * @throws GgufException when it is one for another model
   */
  public void requireFits(GgufHeader header, List<Path> files) throws GgufException {
    AdapterRules.requireFits(this, header, GgufReader.readTensors(files));
  }
}
