package llm.gpu.draft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.HeaderMemo;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.gguf.VocabularyMatch;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.ContextShape;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.NeedEstimate;

/**
 * The file of a draft model, beside that of a main one.
 *
 * @param file where it is
 * @param main the main model's
 * @param shape what it is computed in, by its header
 */
public record DraftFile(Path file, Path main, Function<GgufHeader, ContextShape> shape) {
  /**
   * The one that the settings name for {@code main}; empty where they name none, drafts are off, or
   * it is that very file, by whatever path: no model drafts for itself.
   */
  public static Optional<DraftFile> of(
      Speculation speculation, Path main, Function<GgufHeader, ContextShape> shape) {
    return speculation
        .model()
        .filter(file -> speculation.isOn() && !isSame(file, main))
        .map(file -> new DraftFile(file, main, shape));
  }

  private static boolean isSame(Path file, Path main) {
    try {
      return Files.isSameFile(file, main);
    } catch (IOException absent) {
      return false; // the load tells why
    }
  }

  /**
   * Its header.
   *
   * @param header the main model's
   * @throws LlamaException when it cannot draft for that model; the message is a sentence
   */
  public GgufHeader fitting(GgufHeader header) throws LlamaException {
    try {
      GgufHeader mine = SplitFiles.readAll(file);
      if (mine.isEncoder()) {
        throw unusable("makes vectors and generates no text", Optional.empty());
      }
      Optional<String> difference = VocabularyMatch.difference(file, mine, main, header);
      if (difference.isPresent()) {
        String what = "has another vocabulary than " + main.getFileName() + ": " + difference.get();
        throw unusable(what, Optional.empty());
      }
      return mine;
    } catch (GgufException broken) {
      throw unusable(broken.getMessage(), Optional.of(broken));
    }
  }

  private LlamaException unusable(String why, Optional<Exception> cause) {
    String sentence = "The draft model " + file.getFileName() + " " + why + ".";
    return cause
        .map(failure -> new LlamaException(sentence, failure))
        .orElseGet(() -> new LlamaException(sentence));
  }

  /**
   * What it takes beside the main model; nothing where it cannot be used.
   *
   * @param header the main model's
   * @param known knows its header where that was read before
   */
  public ModelNeed need(GgufHeader header, int gpuLayers, HeaderMemo known) {
    try {
      GgufHeader mine = known.of(file);
      return mine.isEncoder() || !VocabularyMatch.isSame(mine, header)
          ? ModelNeed.NONE
          : NeedEstimate.of(mine, shape.apply(mine), gpuLayers).ofDraft();
    } catch (GgufException _) {
      return ModelNeed.NONE; // the load tells why
    }
  }
}
