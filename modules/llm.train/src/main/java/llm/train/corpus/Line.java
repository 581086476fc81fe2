package llm.train.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of a file.
 *
 * @param number 1 for the file's first
 * @param text without spaces at either end
 */
record Line(Path file, int number, String text) {

  /**
   * Those of a file in UTF-8 that say something: no comments ({@code #}) and not blank.
   *
   * @param shown how errors name the file
   * @throws CorpusException when it cannot be read
   */
  static List<Line> read(Path file, Path shown) {
    return all(file, shown).stream()
        .filter(line -> !line.text.isEmpty() && !line.text.startsWith("#"))
        .toList();
  }

  /** The same with blank ones and those that begin with {@code #}. */
  static List<Line> all(Path file, Path shown) {
    try {
      List<String> all = Files.readAllLines(file);
      List<Line> lines = new ArrayList<>(all.size());
      for (int i = 0; i < all.size(); i++) {
        lines.add(new Line(shown, i + 1, all.get(i).strip()));
      }
      return lines;
    } catch (IOException unreadable) {
      throw new CorpusException(
          shown, 0, "cannot be read (" + unreadable + "); restore it from the sources");
    }
  }

  /** What is wrong with it. */
  CorpusException wrong(String problem) {
    return new CorpusException(file, number, problem);
  }
}
