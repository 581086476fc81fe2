package llm.gpu.adapter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llm.core.telemetry.Log;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.FileSample;
import llm.gpu.gguf.GgufAdapter;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.llama.Model.Adapter;

/**
 * The adapters of a model in memory, loaded with it: those that cannot be used are known with their
 * reasons. The model frees them. Its thread owns it.
 */
public final class LoadedAdapters {
  private final Map<String, One> all = new LinkedHashMap<>();

  /**
   * One of them.
   *
   * @param mark the file's as it was; empty when it was not there
   * @param adapter empty when it cannot be used
   * @param problem why not, one client-safe sentence
   */
  private record One(
      AdapterFile file, Optional<FileMark> mark, Optional<Adapter> adapter, String problem) {}

  private LoadedAdapters() {}

  /**
   * Loads {@code adapters} for {@code model}; blocks. Trouble with one is logged, and does no harm
   * to the others.
   *
   * @param header the model's
   * @param file the model's, of a split one the first
   */
  public static LoadedAdapters load(
      List<AdapterFile> adapters, Model model, GgufHeader header, Path file, Log log) {
    var loaded = new LoadedAdapters();
    for (AdapterFile adapter : adapters) {
      One one = load(adapter, model, header, file);
      if (one.adapter().isEmpty()) {
        log.warn("adapter_problem")
            .put("adapter", adapter.name())
            .put("file", adapter.file().toString())
            .put("problem", one.problem())
            .emit();
      }
      loaded.all.put(adapter.name(), one);
    }
    return loaded;
  }

  private static One load(AdapterFile file, Model model, GgufHeader header, Path of) {
    Optional<FileMark> mark = FileMark.of(file.file());
    String problem;
    try {
      GgufAdapter.read(file.file()).requireFits(header, SplitFiles.all(of, header));
      return new One(file, mark, Optional.of(model.newAdapter(file.file())), "");
    } catch (GgufException unusable) {
      problem = "The file " + file.file().getFileName() + " " + unusable.getMessage() + ".";
    } catch (LlamaException declined) {
      problem =
          "The file " + file.file().getFileName() + " cannot be used: " + declined.getMessage();
    }
    return new One(file, mark, Optional.empty(), problem);
  }

  /** Why {@code name} cannot be used; empty when it can. */
  public Optional<String> problem(String name) {
    One one = all.get(name);
    if (one == null) {
      return Optional.of("It is not one of this model's adapters any more.");
    }
    return one.adapter().isPresent() ? Optional.empty() : Optional.of(one.problem());
  }

  /** The adapters of {@code set}, all of which can be used. */
  public List<Adapter.Use> uses(AdapterSet set) {
    List<Adapter.Use> uses = new ArrayList<>();
    set.scales()
        .forEach((name, scale) ->
            uses.add(new Adapter.Use(all.get(name).adapter().orElseThrow(), scale)));
    return uses;
  }

  /** Whether the files are as they were; one that vanished is served from memory. */
  public boolean areCurrent() {
    for (One one : all.values()) {
      Optional<FileMark> now = FileMark.of(one.file().file());
      if (now.isPresent() && !now.equals(one.mark())) {
        return false;
      }
    }
    return true;
  }

  /** What tells each that can be used from others of its name. Reads the files. */
  public Map<String, String> samples() throws IOException {
    var samples = new TreeMap<String, String>();
    for (One one : all.values()) {
      if (one.adapter().isPresent()) {
        samples.put(one.file().name(), FileSample.of(List.of(one.file().file())));
      }
    }
    return samples;
  }
}
