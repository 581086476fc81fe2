package llm.train.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Questions that are not learned, with the answers that are due: {@code corpus/dev.tsv}, a line
 * each of language, topic and question.
 */
final class TuningQuestions {
  private static final Path FILE = Path.of("modules", "llm.train", "corpus", "dev.tsv");
  private static final Map<String, Language> LANGUAGES =
      Map.of("en", Language.ENGLISH, "ru", Language.RUSSIAN);
  private static final int COLUMNS = 3;
  private static final long MAX_BYTES = 1 << 20;

  private TuningQuestions() {}

  /**
   * Those of a repository; none where it has no such file.
   *
   * @param answers by topic and language
   * @throws CorpusException for a line that names no topic or language
   */
  static List<Exchange> read(Path root, Map<String, Map<Language, String>> answers) {
    Path file = root.resolve(FILE);
    List<Exchange> questions = new ArrayList<>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        questions.add(question(line, file, i + 1, answers));
      }
    }
    return questions;
  }

  private static List<String> lines(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CorpusException(file, 0, "has more than " + MAX_BYTES + " bytes; shorten it");
      }
      return Files.readAllLines(file);
    } catch (IOException failure) {
      throw new CorpusException(file, 0, "cannot be read, make it readable: " + failure);
    }
  }

  private static Exchange question(
      String line, Path file, int number, Map<String, Map<Language, String>> answers) {
    String[] columns = line.split("\t");
    if (columns.length != COLUMNS || !LANGUAGES.containsKey(columns[0])) {
      throw new CorpusException(
          file, number, "is not 'en' or 'ru', a topic and a question with tabs between; mend it");
    }
    if (!answers.containsKey(columns[1])) {
      throw new CorpusException(
          file, number, "'" + columns[1] + "' is no topic; name one of the files in topics");
    }
    return new Exchange(columns[2], answers.get(columns[1]).get(LANGUAGES.get(columns[0])));
  }
}
