package llm.gpu.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import llm.gpu.llama.Vocabulary;

/**
 * The tokens of a model as grammars see them: texts, control tokens by name, and tokens that end a
 * generation. Immutable; any thread.
 */
final class ModelTokens {
  private static final byte[] NOTHING = {};

  private final TokenTrie trie;
  private final Map<String, Integer> marks = new HashMap<>();
  private final List<String> names; // by token
  private final int[] ends;
  private final long[] jsonSigns; // bits by token

  /**
   * Those of a model.
   *
   * @param texts by token; none for control tokens and those that end a generation
   * @param names of control tokens; empty for others
   * @param ends tokens that end a generation
   */
  ModelTokens(List<byte[]> texts, List<String> names, int[] ends) {
    this.trie = new TokenTrie(texts);
    this.names = List.copyOf(names);
    this.ends = ends;
    this.jsonSigns = jsonSigns(texts);
    for (int token = 0; token < names.size(); token++) {
      if (!names.get(token).isEmpty()) {
        marks.putIfAbsent(names.get(token), token);
      }
    }
  }

  private static long[] jsonSigns(List<byte[]> texts) {
    var signs = new BitSet(texts.size());
    for (int token = 0; token < texts.size(); token++) {
      for (byte b : texts.get(token)) {
        if (b == '"' || b == '{' || b == '[') {
          signs.set(token);
          break;
        }
      }
    }
    return Arrays.copyOf(signs.toLongArray(), (texts.size() + Long.SIZE - 1) / Long.SIZE);
  }

  /** Reads them; takes some 10 to 100 ms. Any platform thread. */
  static ModelTokens read(Vocabulary vocabulary) {
    List<byte[]> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    var ends = IntStream.builder();
    vocabulary.tell((token, text, name, endsGeneration) -> {
      texts.add(endsGeneration ? NOTHING : text);
      names.add(name);
      if (endsGeneration) {
        ends.add(token);
      }
    });
    return new ModelTokens(texts, names, ends.build().toArray());
  }

  TokenTrie trie() {
    return trie;
  }

  /** The control token of this name; {@link TokenTrie#NONE} where the model has none. */
  int mark(String name) {
    return marks.getOrDefault(name, TokenTrie.NONE);
  }

  /** The name of a control token; empty for others. */
  String name(int token) {
    return names.get(token);
  }

  /**
   * Tokens with a quote or an opening bracket, by bits: only these can say a name of JSON to its
   * end, or open a level; not to be changed.
   */
  long[] jsonSigns() {
    return jsonSigns;
  }

  /** Tokens that end a generation; not to be changed. */
  int[] ends() {
    return ends;
  }

  /** Whether {@code token} ends a generation. */
  boolean isEnd(int token) {
    for (int end : ends) {
      if (end == token) {
        return true;
      }
    }
    return false;
  }
}
