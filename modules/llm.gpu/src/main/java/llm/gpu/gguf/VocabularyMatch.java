package llm.gpu.gguf;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Compares the vocabularies of two model files. */
public final class VocabularyMatch {
  private static final List<String> ENDS = List.of("bos", "eos");
  private static final int MOST_SHOWN = 40; // characters of a token

  private VocabularyMatch() {}

  /**
   * What makes one vocabulary another; empty when both have the same tokens under the same numbers.
   * Reads the files again only where something differs.
   *
   * @throws GgufException when that fails
   */
  public static Optional<String> difference(
      Path file, GgufHeader header, Path otherFile, GgufHeader other) throws GgufException {
    Optional<String> told = toldDifference(header, other);
    return told.isPresent() || header.vocabularyHash() == other.vocabularyHash()
        ? told
        : Optional.of(firstToken(GgufReader.readTokens(file), GgufReader.readTokens(otherFile)));
  }

  /** Whether there is none; reads no file. */
  public static boolean isSame(GgufHeader header, GgufHeader other) {
    return toldDifference(header, other).isEmpty()
        && header.vocabularyHash() == other.vocabularyHash();
  }

  /** What makes one another, but for the tokens themselves. */
  private static Optional<String> toldDifference(GgufHeader header, GgufHeader other) {
    if (header.tokenCount() != other.tokenCount()) {
      return Optional.of(header.tokenCount() + " tokens, not " + other.tokenCount());
    }
    String kind = header.texts().getOrDefault("tokenizer.ggml.model", "");
    String otherKind = other.texts().getOrDefault("tokenizer.ggml.model", "");
    if (!kind.equals(otherKind)) {
      return Optional.of("a tokenizer of the kind '" + kind + "', not '" + otherKind + "'");
    }
    for (String end : ENDS) {
      String key = "tokenizer.ggml." + end + "_token_id";
      Long mine = header.numbers().get(key);
      Long theirs = other.numbers().get(key);
      if (mine != null && theirs != null && !mine.equals(theirs)) {
        return Optional.of(key + " is " + mine + ", not " + theirs);
      }
    }
    return Optional.empty();
  }

  private static String firstToken(List<String> mine, List<String> theirs) {
    for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
      if (!mine.get(i).equals(theirs.get(i))) {
        return "token " + i + " is " + shown(mine.get(i)) + ", not " + shown(theirs.get(i));
      }
    }
    return "a token's bytes differ";
  }

  private static String shown(String token) {
    return "'"
        + (token.length() <= MOST_SHOWN ? token : token.substring(0, MOST_SHOWN) + "…")
        + "'";
  }
}
