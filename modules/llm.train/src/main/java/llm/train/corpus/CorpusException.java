package llm.train.corpus;

import java.nio.file.Path;

/** A mistake in the files of the corpus: where it is, what it is and what mends it. */
public final class CorpusException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * A mistake.
   *
   * @param file the file it is in
   * @param line its line, 1 for the first; 0: the file as a whole
   * @param problem what is wrong, and the remedy
   */
  CorpusException(Path file, int line, String problem) {
    super(file + (line > 0 ? ":" + line : "") + ": " + problem);
  }
}
