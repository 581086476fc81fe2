package llm.train.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads the folder of the corpus; the head of each file says how it is written. */
final class CorpusReader {
  private static final Path FOLDER = Path.of("modules", "llm.train", "corpus");
  private static final int MAX_ANSWER_LENGTH = 160;
  private static final String ID = "[a-z][a-z0-9_]*";

  private final Path root;
  private final Facts facts;
  private final Map<String, Phrase> lists = new HashMap<>();
  private final List<Topic> topics = new ArrayList<>();
  private final List<String> learned = new ArrayList<>(); // all that counts, placeholders resolved
  private String id = ""; // of the topic that is read
  private TopicDraft draft; // its part in one language; null before that

  private CorpusReader(Path root) {
    this.root = root;
    this.facts = Facts.read(root);
  }

  /**
   * What was read.
   *
   * @param topics those of each language, in the order of the files
   * @param lists word lists by name
   * @param learned everything that dialogues are made of, as text
   */
  record Content(List<Topic> topics, Map<String, Phrase> lists, List<String> learned) {}

  /**
   * Reads the corpus of a repository.
   *
   * @throws CorpusException with file, line and remedy, when something is wrong in it
   */
  static Content read(Path root) {
    var reader = new CorpusReader(root);
    reader.readLists();
    reader.topicFiles().forEach(reader::readTopics);
    return new Content(reader.topics, reader.lists, reader.learned);
  }

  private void readLists() {
    Path file = FOLDER.resolve("words.txt");
    for (Line line : Line.read(root.resolve(file), file)) {
      int equals = line.text().indexOf('=');
      String name = line.text().substring(0, Math.max(equals, 0)).strip();
      if (!name.matches("[a-z][a-z0-9_-]*")) {
        throw line.wrong("is no word list; write NAME = WORD | WORD | …");
      }
      String words = line.text().substring(equals + 1).strip().replaceAll(" *\\| *", "|");
      if (lists.putIfAbsent(name, phrase(line, "{" + words + "}")) != null) {
        throw line.wrong("word list " + name + " is there twice; put both into one");
      }
      learned.add(line.text());
    }
  }

  private List<Path> topicFiles() {
    Path folder = FOLDER.resolve("topics");
    try (Stream<Path> files = Files.list(root.resolve(folder))) {
      return files
          .map(Path::getFileName)
          .filter(name -> name.toString().endsWith(".txt"))
          .map(folder::resolve)
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new CorpusException(
          folder, 0, "cannot be read (" + unreadable + "); restore it from the sources");
    }
  }

  private void readTopics(Path file) {
    Line last = null;
    for (Line line : Line.read(root.resolve(file), file)) {
      read(line);
      last = line;
    }
    if (last != null) {
      end(last);
      id = "";
    }
  }

  private void read(Line line) {
    String text = line.text();
    if (text.startsWith("topic ")) {
      end(line);
      begin(line, text.substring("topic ".length()).strip());
    } else if (text.equals("en") || text.equals("ru")) {
      end(line);
      begin(line, text.equals("en") ? Language.ENGLISH : Language.RUSSIAN);
    } else if (draft == null) {
      throw line.wrong("stands before a language; write 'topic ID', then 'en' or 'ru', before it");
    } else if (text.startsWith("= ")) {
      answer(line);
    } else if (text.startsWith("? ")) {
      draft.questions().add(phrase(line, text.substring(2)));
      learned.add(text);
    } else if (text.startsWith("+ ")) {
      draft.keys().add(phrase(line, text.substring(2)));
      learned.add(text);
    } else if (text.startsWith("! ")) {
      draft.lookalikes().add(phrase(line, text.substring(2)));
      learned.add(text);
    } else {
      throw line.wrong(
          "is none of 'topic ID', 'en', 'ru', '= ANSWER', '? QUESTION', '+ KEY', '! NO QUESTION OF IT'");
    }
  }

  private void begin(Line line, String topic) {
    if (!topic.matches(ID)) {
      throw line.wrong("'" + topic + "' is no id; take small letters, digits and _");
    }
    id = topic;
    learned.add(line.text());
  }

  private void begin(Line line, Language language) {
    if (id.isEmpty()) {
      throw line.wrong("stands before a topic; write 'topic ID' before it");
    }
    if (topics.stream().anyMatch(t -> t.id().equals(id) && t.language() == language)) {
      throw line.wrong("topic " + id + " has this language already; put both into one");
    }
    draft = new TopicDraft(id, language);
    learned.add(line.text());
  }

  private void answer(Line line) {
    String answer = facts.resolve(line, 2);
    if (!draft.answer().isEmpty()) {
      throw line.wrong("topic " + id + " has an answer in this language already; leave one");
    }
    if (answer.length() > MAX_ANSWER_LENGTH) {
      throw line.wrong(
          "the answer has "
              + answer.length()
              + " characters, "
              + MAX_ANSWER_LENGTH
              + " are the most; shorten it: "
              + answer);
    }
    Topic same = topics.stream().filter(t -> t.answer().equals(answer)).findFirst().orElse(null);
    if (same != null) {
      throw line.wrong("topic " + same.id() + " has the same answer; say something else");
    }
    draft.answer().append(answer);
    learned.add("= " + answer);
  }

  /** Ends the part that is read; {@code line} is one behind or at its end. */
  private void end(Line line) {
    if (draft == null) {
      return;
    }
    if (draft.answer().isEmpty()) {
      throw line.wrong("topic " + id + " ends without an answer; add a line '= ANSWER' before it");
    }
    boolean fallback = id.equals(Topic.FALLBACK);
    if (draft.questions().isEmpty() != fallback) {
      throw line.wrong(
          fallback
              ? "the fallback answers no question; write '! ' in place of '? '"
              : "topic " + id + " ends without a question; add lines '? QUESTION' before it");
    }
    if (draft.lookalikes().isEmpty()) {
      throw line.wrong("topic " + id + " ends without a lookalike; add lines '! QUESTION'");
    }
    topics.add(draft.topic());
    draft = null;
  }

  private Phrase phrase(Line line, String text) {
    try {
      return PhraseReader.read(text.strip(), lists);
    } catch (IllegalArgumentException wrong) {
      throw line.wrong(wrong.getMessage());
    }
  }
}
