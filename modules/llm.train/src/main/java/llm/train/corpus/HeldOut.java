package llm.train.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Questions that no dialogue may ask: those of the test set, which would say nothing about a model
 * that had learned them. Two questions are one where they differ in case, marks, blanks and the
 * dots of ё alone. Immutable.
 */
final class HeldOut {
  private static final Path TEST_SET = Path.of("modules", "llm.train", "test-set", "questions.tsv");
  private static final long MAX_BYTES = 1 << 20;

  private final SortedSet<String> questions = new TreeSet<>();

  private HeldOut(List<String> lines) {
    for (String line : lines) {
      if (!line.isBlank() && !line.startsWith("#")) {
        questions.add(normal(line.substring(line.lastIndexOf('\t') + 1)));
      }
    }
  }

  /**
   * Reads the test set of a repository, whose last column is the question; one without a test set
   * holds nothing out.
   *
   * @throws CorpusException when there is one and it cannot be read
   */
  static HeldOut read(Path root) {
    Path file = root.resolve(TEST_SET);
    if (!Files.exists(file)) {
      return new HeldOut(List.of());
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CorpusException(file, 0, "has more than " + MAX_BYTES + " bytes; shorten it");
      }
      return new HeldOut(Files.readAllLines(file));
    } catch (IOException failure) {
      throw new CorpusException(file, 0, "cannot be read, make it readable: " + failure);
    }
  }

  /** Whether a dialogue may not ask this. */
  boolean has(String question) {
    return questions.contains(normal(question));
  }

  /** All of them as they are compared, in a stable order. */
  SortedSet<String> questions() {
    return new TreeSet<>(questions);
  }

  private static String normal(String question) {
    return question
        .toLowerCase(Locale.ROOT)
        .replace('ё', 'е')
        .replaceAll("[^\\p{L}\\p{N}]+", " ")
        .strip();
  }
}
