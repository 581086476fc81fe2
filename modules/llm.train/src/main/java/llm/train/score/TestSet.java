package llm.train.score;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import llm.train.corpus.Language;

/**
 * The questions that the built-in model is scored by, read from a file of four columns: kind,
 * language, expected, question, with tabs between them. Lines that begin with {@code #} and empty
 * ones are passed over.
 *
 * @param questions in the file's order, at least one, none of them twice
 */
record TestSet(List<Question> questions) {
  /** Where it lies in the repository. */
  static final Path FILE = Path.of("modules", "llm.train", "test-set", "questions.tsv");

  private static final long MAX_BYTES = 1 << 20;
  private static final int MAX_QUESTION_CHARACTERS = 1000;

  TestSet {
    questions = List.copyOf(questions);
  }

  /**
   * Reads a file; blocks on it.
   *
   * @throws CannotScore when it cannot be read, or names the line that is wrong
   */
  static TestSet read(Path file) throws CannotScore {
    var questions = new ArrayList<Question>();
    var seen = new HashSet<String>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      try {
        Question question = question(line);
        if (!seen.add(question.text().strip().toLowerCase(Locale.ROOT))) {
          throw new IllegalArgumentException("this question is in the file already");
        }
        questions.add(question);
      } catch (IllegalArgumentException wrong) {
        throw new CannotScore(file + ":" + (i + 1) + ": " + wrong.getMessage());
      }
    }
    if (questions.isEmpty()) {
      throw new CannotScore(file + ": holds no question");
    }
    return new TestSet(questions);
  }

  private static List<String> lines(Path file) throws CannotScore {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CannotScore(file + ": has more than " + MAX_BYTES + " bytes");
      }
      return Files.readAllLines(file);
    } catch (IOException failure) {
      throw new CannotScore(file + ": cannot be read: " + failure);
    }
  }

  private static Question question(String line) {
    String[] columns = line.split("\t", -1);
    if (columns.length != 4) {
      throw new IllegalArgumentException(
          columns.length + " columns, not 4: kind, language, expected, question");
    }
    Kind kind =
        Kind.of(columns[0])
            .orElseThrow(() -> new IllegalArgumentException("'" + columns[0] + "' is no kind"));
    if (columns[3].length() > MAX_QUESTION_CHARACTERS) {
      throw new IllegalArgumentException(
          "a question of more than " + MAX_QUESTION_CHARACTERS + " characters");
    }
    Set<String> expected = new LinkedHashSet<>(List.of(columns[2].split("\\|", -1)));
    if (!expected.stream().allMatch(id -> id.matches("[a-z][a-z0-9_]*"))) {
      throw new IllegalArgumentException("'" + columns[2] + "' names no topics");
    }
    return new Question(kind, language(columns[1]), expected, columns[3].strip());
  }

  private static Language language(String code) {
    for (Language language : Language.values()) {
      if (Languages.code(language).equals(code)) {
        return language;
      }
    }
    throw new IllegalArgumentException("'" + code + "' is no language: en or ru");
  }
}
