package llm.gpu.llama;

import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.gpu.ffi.Probe;
import llm.gpu.ffi.Symbols;

/**
 * Whether an opened library is the release that is bound. Structs are passed by value, so another
 * release would not fail but misread memory: everything that can be compared is, before the first
 * call that matters.
 */
final class LibraryCheck {
  /** What to do about a library that does not fit. */
  static final String REMEDY =
      " Fetch the right one with tools/native, or unset LLAMA_LIB_DIR and providers.local.library_dir.";

  private LibraryCheck() {}

  /**
   * Compares version, functions, and the structs that it gives by value.
   *
   * @throws LlamaException naming the file, the first thing that differs and the remedy
   */
  static void check(Path file, SymbolLookup lookup) throws LlamaException {
    String release = "llama.cpp " + Library.VERSION;
    String version =
        Probe.version(lookup)
            .orElseThrow(() -> refusal("The library " + file + " is not " + release + "."));
    if (!version.equals(Library.VERSION) && !version.startsWith(Library.VERSION + "-")) {
      throw refusal(
          "The library "
              + file
              + " is llama.cpp "
              + version
              + "; "
              + Library.VERSION
              + " is needed.");
    }
    List<String> missing = Symbols.missing(lookup);
    if (!missing.isEmpty()) {
      throw refusal("The library " + file + " lacks " + missing + ", which " + release + " has.");
    }
    Optional<String> mismatch = Probe.structMismatch(lookup);
    if (mismatch.isPresent()) {
      throw refusal(
          "The library "
              + file
              + " says it is "
              + version
              + " but differs from "
              + release
              + ": "
              + mismatch.get()
              + ".");
    }
  }

  private static LlamaException refusal(String problem) {
    return new LlamaException(problem + REMEDY);
  }
}
