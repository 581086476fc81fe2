package llm.train.corpus;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Chats about this very server: its topics in English and Russian, what does not belong to them,
 * and the sentence for that. What answers say of the product is looked up in its references when
 * the corpus is read. Immutable.
 */
public final class ProductCorpus implements Corpus {
  private static final Pattern CYRILLIC = Pattern.compile("\\p{IsCyrillic}");

  /** Dialogues that are part of {@link #sha256()}, as they show how dialogues are made. */
  private static final int SAMPLE = 2000;

  /** Dialogues with a system's message, with a second exchange; exchanges in Russian, percent. */
  static final int SYSTEM_PERCENT = 25;

  static final int SECOND_PERCENT = 25;
  static final int RUSSIAN_PERCENT = 50;

  /** Exchanges that end in the fallback, percent; and what shares of these they are. */
  static final int FALLBACK_PERCENT = 36;

  /** Questions of a topic that are any words around a key of it, percent. */
  private static final int KEY_SHARE = 40;

  private static final int MAX_DRAWS = 1000;
  private static final int LOOKALIKE_SHARE = 40;
  private static final int NONSENSE_SHARE = 20;
  private static final int GREETING_SHARE = 20; // of the chats with a second exchange

  private final Map<Language, List<Topic>> topics = new EnumMap<>(Language.class);
  private final Map<Language, Topic> fallbacks = new EnumMap<>(Language.class);
  private final Map<String, Map<Language, String>> answers = new LinkedHashMap<>();
  private final Map<String, String> ids = new HashMap<>(); // of topics, by their answers
  private final Map<String, Phrase> lists;
  private final Noise noise;
  private final Nonsense nonsense;
  private final HeldOut heldOut;
  private final List<String> learned;
  private final List<Exchange> tuning = new ArrayList<>();

  private ProductCorpus(CorpusReader.Content content, HeldOut heldOut) {
    this.lists = content.lists();
    this.noise = new Noise(lists);
    this.nonsense = new Nonsense(lists);
    this.heldOut = heldOut;
    for (Topic topic : content.topics()) {
      if (topic.isFallback()) {
        fallbacks.put(topic.language(), topic);
      } else {
        topics.computeIfAbsent(topic.language(), _ -> new ArrayList<>()).add(topic);
      }
      answers
          .computeIfAbsent(topic.id(), _ -> new EnumMap<>(Language.class))
          .put(topic.language(), topic.answer());
      ids.put(topic.answer(), topic.id());
    }
    this.learned = content.learned();
  }

  /**
   * Reads the corpus of a repository, {@code modules/llm.train/corpus}, and what is held out of it:
   * the questions of the test set beside it, which no dialogue asks.
   *
   * @param root the repository's folder
   * @throws CorpusException with file, line and remedy, when something is wrong in it: a line, or
   *     an answer that says what the product's references do not
   */
  public static ProductCorpus read(Path root) {
    var corpus = new ProductCorpus(CorpusReader.read(root), HeldOut.read(root));
    for (var topic : corpus.answers.entrySet()) {
      for (Language language : Language.values()) {
        if (!topic.getValue().containsKey(language)) {
          throw new CorpusException(
              Path.of("topic " + topic.getKey()), 0, "lacks " + language + "; add that part");
        }
      }
    }
    corpus.tuning.addAll(TuningQuestions.read(root, corpus.answers));
    return corpus;
  }

  /**
   * The answers by topic and language, in the order of the files; the fallback's among them, as
   * {@code fallback}.
   */
  public Map<String, Map<Language, String>> answers() {
    return Collections.unmodifiableMap(answers);
  }

  /** The topic that has this very answer, {@code fallback} for that. */
  public Optional<String> topicOf(String answer) {
    return Optional.ofNullable(ids.get(answer));
  }

  @Override
  public List<Exchange> tuning() {
    return Collections.unmodifiableList(tuning);
  }

  @Override
  public String fallback(Language language) {
    return fallbacks.get(language).answer();
  }

  @Override
  public String sha256() {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      learned.forEach(line -> add(line, digest));
      heldOut.questions().forEach(question -> add("held out " + question, digest));
      var random = new Random(0);
      for (int i = 0; i < SAMPLE; i++) {
        add(next(random).toString(), digest);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  private static void add(String line, MessageDigest digest) {
    digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Dialogue next(RandomGenerator random) {
    Language language = language(random);
    Optional<String> system =
        random.nextInt(100) < SYSTEM_PERCENT
            ? Optional.of(system(language, random))
            : Optional.empty();
    if (random.nextInt(100) >= SECOND_PERCENT) {
      return new Dialogue(system, List.of(exchange(language, random)));
    }
    Exchange first =
        random.nextInt(100) < GREETING_SHARE
            ? greeting(language, random)
            : exchange(language, random);
    Language next = random.nextInt(10) == 0 ? language(random) : language;
    return new Dialogue(system, List.of(first, exchange(next, random)));
  }

  private static Language language(RandomGenerator random) {
    return random.nextInt(100) < RUSSIAN_PERCENT ? Language.RUSSIAN : Language.ENGLISH;
  }

  /** Clients say in English what they say for all of their users. */
  private String system(Language language, RandomGenerator random) {
    boolean english = language == Language.ENGLISH || random.nextInt(3) == 0;
    return lists.get(english ? "system_en" : "system_ru").pick(random);
  }

  /** How many chats begin: with the first of the topics, which is the greeting. */
  private Exchange greeting(Language language, RandomGenerator random) {
    Topic topic = topics.get(language).getFirst();
    return unseen(() ->
        new Exchange(noise.on(topic.questions().pick(random), language, random), topic.answer()));
  }

  private Exchange exchange(Language language, RandomGenerator random) {
    return unseen(() -> draw(language, random));
  }

  /** An exchange whose question is not held out; those that are come rarely, and are drawn anew. */
  private Exchange unseen(Supplier<Exchange> draw) {
    for (int draws = 0; draws < MAX_DRAWS; draws++) {
      Exchange exchange = draw.get();
      if (!heldOut.has(exchange.question())) {
        return exchange;
      }
    }
    throw new IllegalStateException("only questions that are held out are drawn");
  }

  private Exchange draw(Language language, RandomGenerator random) {
    List<Topic> all = topics.get(language);
    Topic topic = all.get(random.nextInt(all.size()));
    boolean ours = random.nextInt(100) >= FALLBACK_PERCENT;
    String question = ours ? own(topic, random) : other(topic, random);
    return new Exchange(
        noise.on(question, language, random), ours ? topic.answer() : fallback(language));
  }

  private String own(Topic topic, RandomGenerator random) {
    if (topic.keys().isEmpty() || random.nextInt(100) >= KEY_SHARE) {
      return topic.questions().pick(random);
    }
    return around(topic.language(), topic.keys().pick(random), random);
  }

  /** Words within any others. */
  private String around(Language language, String words, RandomGenerator random) {
    String list = language == Language.ENGLISH ? "around_en" : "around_ru";
    String text = lists.get(list).pick(random).replace("@", words);
    boolean foreign = language == Language.RUSSIAN && !CYRILLIC.matcher(text).find();
    return foreign ? lists.get("before_ru").pick(random) + " " + text : text;
  }

  /** A question that no topic answers: one that looks like the topic's, nonsense, or any. */
  private String other(Topic topic, RandomGenerator random) {
    int lot = random.nextInt(100);
    if (lot < LOOKALIKE_SHARE) {
      return topic.lookalikes().pick(random);
    }
    if (lot < LOOKALIKE_SHARE + NONSENSE_SHARE) {
      Language language = topic.language();
      return random.nextBoolean()
          ? nonsense.in(language, random)
          : around(language, nonsense.word(language, random), random);
    }
    return fallbacks.get(topic.language()).lookalikes().pick(random);
  }
}
