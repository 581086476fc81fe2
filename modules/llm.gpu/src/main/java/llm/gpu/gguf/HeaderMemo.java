package llm.gpu.gguf;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The header of the file that was asked for last: a vocabulary takes long to read, and whoever
 * looks at the memory asks again and again. Thread-safe.
 */
public final class HeaderMemo {
  private volatile Optional<Seen> seen = Optional.empty();

  private record Seen(Path file, FileMark mark, GgufHeader header) {
    private boolean is(Path other, FileMark now) {
      return file.equals(other) && mark.equals(now);
    }
  }

  /** Nothing was asked for yet. */
  public HeaderMemo() {}

  /**
   * As {@link SplitFiles#readAll}; read again only where {@code file} has changed.
   *
   * @throws GgufException when it, or one of its parts, is not usable
   */
  public GgufHeader of(Path file) throws GgufException {
    Optional<FileMark> now = FileMark.of(file);
    Optional<Seen> known = seen.filter(last -> now.isPresent() && last.is(file, now.get()));
    if (known.isPresent()) {
      return known.get().header();
    }
    GgufHeader header = SplitFiles.readAll(file);
    seen = now.map(mark -> new Seen(file, mark, header));
    return header;
  }
}
