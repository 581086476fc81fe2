package llm.gpu.local;

import java.util.Optional;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.GgufAdapter;
import llm.gpu.gguf.GgufException;

/**
 * An adapter's file as it was when it was looked at, by itself: whether it fits its model is seen
 * when that is loaded.
 *
 * @param settings where it is
 * @param mark the file's size and time then; empty when it was not there
 * @param header what it says; empty when it is not usable
 * @param problem why it is not usable, one client-safe sentence; empty text when it is
 */
record AdapterEntry(
    AdapterSettings settings,
    Optional<FileMark> mark,
    Optional<GgufAdapter> header,
    String problem) {

  /** Looks at the file. */
  static AdapterEntry read(AdapterSettings settings) {
    AdapterFile adapter = settings.adapter();
    Optional<FileMark> mark = FileMark.of(adapter.file());
    try {
      return new AdapterEntry(settings, mark, Optional.of(GgufAdapter.read(adapter.file())), "");
    } catch (GgufException unusable) {
      String problem =
          "The file " + adapter.file().getFileName() + " " + unusable.getMessage() + ".";
      return new AdapterEntry(settings, mark, Optional.empty(), problem);
    }
  }

  /** This entry, or a new one when the file is not the same any more. */
  AdapterEntry refreshed() {
    return FileMark.of(settings.adapter().file()).equals(mark) ? this : read(settings);
  }

  /** What callers ask for. */
  String name() {
    return settings.adapter().name();
  }

  /** Whether it can be asked for. */
  boolean usable() {
    return header.isPresent();
  }
}
