package llm.train.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a vocabulary from texts by byte-pair encoding: words are cut into characters, and the two
 * neighbours that stand together most often become a piece, until there are enough. A word carries
 * the space before it; pieces join neither words nor letters with digits. The same texts give the
 * same vocabulary, in whatever order hash tables have them: words are sorted, and of pairs that are
 * equally frequent the alphabetically first wins.
 */
public final class VocabularyLearner {
  private static final Pattern WORD =
      Pattern.compile("▁?\\p{L}+|▁?\\d|▁?[^\\p{L}\\d\\s▁]+|▁+".replace('▁', Vocabulary.SPACE));

  /** A character that is rarer than one in so many has no piece and is read as its bytes. */
  private static final int RARE = 20_000;

  private final List<String> pieces = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<int[]> words = new ArrayList<>();
  private final List<Integer> counts = new ArrayList<>();
  private final Map<Long, Long> pairs = new HashMap<>();

  private VocabularyLearner() {}

  /**
   * A vocabulary of {@code size} tokens.
   *
   * @throws IllegalArgumentException when the texts have too many different characters for it, or
   *     too few different words
   */
  public static Vocabulary learn(List<String> texts, int size) {
    var learner = new VocabularyLearner();
    learner.read(texts);
    int wanted = size - Vocabulary.FIRST_PIECE;
    if (learner.pieces.size() > wanted) {
      throw new IllegalArgumentException(
          learner.pieces.size() + " characters are too many for a vocabulary of " + size);
    }
    while (learner.pieces.size() < wanted) {
      learner.merge();
    }
    return new Vocabulary(learner.pieces);
  }

  private void read(List<String> texts) {
    var frequency = new TreeMap<String, Integer>();
    for (String text : texts) {
      Matcher matcher = WORD.matcher(text.replace(' ', Vocabulary.SPACE));
      while (matcher.find()) {
        frequency.merge(matcher.group(), 1, Integer::sum);
      }
    }
    addCharacters(frequency);
    frequency.forEach(this::addWord);
    for (int word = 0; word < words.size(); word++) {
      count(word, 1);
    }
  }

  /** Printable ASCII, the space, and what is not rare. */
  private void addCharacters(Map<String, Integer> frequency) {
    var counts = new TreeMap<Integer, Long>();
    frequency.forEach(
        (word, count) -> word.codePoints().forEach(c -> counts.merge(c, (long) count, Long::sum)));
    long rare = counts.values().stream().mapToLong(Long::longValue).sum() / RARE;
    for (int character = '!'; character <= '~'; character++) {
      counts.put(character, Long.MAX_VALUE);
    }
    counts.put((int) Vocabulary.SPACE, Long.MAX_VALUE);
    counts.forEach((character, count) -> {
      if (count > rare) {
        number(Character.toString(character));
      }
    });
  }

  /** The word, cut where a character is rare. */
  private void addWord(String word, int count) {
    int[] symbols =
        word.codePoints().map(c -> numbers.getOrDefault(Character.toString(c), -1)).toArray();
    int from = 0;
    for (int i = 0; i <= symbols.length; i++) {
      if (i == symbols.length || symbols[i] < 0) {
        if (i - from > 1) {
          words.add(Arrays.copyOfRange(symbols, from, i));
          counts.add(count);
        }
        from = i + 1;
      }
    }
  }

  private int number(String piece) {
    return numbers.computeIfAbsent(
        piece,
        added -> {
          pieces.add(added);
          return pieces.size() - 1;
        });
  }

  /** Adds the pairs of a word as often as it stands in the texts, or takes them away. */
  private void count(int word, int sign) {
    int[] symbols = words.get(word);
    for (int i = 0; i + 1 < symbols.length; i++) {
      long change = (long) sign * counts.get(word);
      pairs.merge(pair(symbols[i], symbols[i + 1]), change, Long::sum);
    }
  }

  /** Makes the most frequent pair a piece. */
  private void merge() {
    long best = -1;
    for (var entry : pairs.entrySet()) {
      if (entry.getValue() > 0 && (best < 0 || isBetter(entry.getKey(), best))) {
        best = entry.getKey();
      }
    }
    if (best < 0) {
      throw new IllegalArgumentException(
          "the texts have words for " + pieces.size() + " pieces only; learn fewer");
    }
    int left = left(best);
    int right = right(best);
    int merged = number(pieces.get(left) + pieces.get(right));
    for (int word = 0; word < words.size(); word++) {
      if (has(words.get(word), left, right)) {
        count(word, -1);
        words.set(word, joined(words.get(word), left, right, merged));
        count(word, 1);
      }
    }
  }

  private boolean isBetter(long pair, long other) {
    int byCount = Long.compare(pairs.get(pair), pairs.get(other));
    if (byCount != 0) {
      return byCount > 0;
    }
    int byLeft = pieces.get(left(pair)).compareTo(pieces.get(left(other)));
    return byLeft != 0
        ? byLeft < 0
        : pieces.get(right(pair)).compareTo(pieces.get(right(other))) < 0;
  }

  private static boolean has(int[] symbols, int left, int right) {
    for (int i = 0; i + 1 < symbols.length; i++) {
      if (symbols[i] == left && symbols[i + 1] == right) {
        return true;
      }
    }
    return false;
  }

  private static int[] joined(int[] symbols, int left, int right, int merged) {
    int[] out = new int[symbols.length];
    int size = 0;
    for (int i = 0; i < symbols.length; i++) {
      boolean pair = i + 1 < symbols.length && symbols[i] == left && symbols[i + 1] == right;
      out[size++] = pair ? merged : symbols[i];
      i += pair ? 1 : 0;
    }
    return Arrays.copyOf(out, size);
  }

  private static long pair(int left, int right) {
    return (long) left << Integer.SIZE | right;
  }

  private static int left(long pair) {
    return (int) (pair >> Integer.SIZE);
  }

  private static int right(long pair) {
    return (int) pair;
  }
}
