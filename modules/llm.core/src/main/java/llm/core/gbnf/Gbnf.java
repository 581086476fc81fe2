package llm.core.gbnf;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A grammar: which texts there are. Rules as llama.cpp writes them, from the rule {@code root}; a
 * text is its bytes in UTF-8, and bytes that are no UTF-8 are in no grammar. Immutable; any thread.
 */
public final class Gbnf {
  /** The longest text of a grammar, in characters. */
  public static final int MOST_CHARACTERS = 1 << 20;

  private static final String START = "root";

  private final Network network;
  private final int start;

  private Gbnf(Network network, int start) {
    this.network = network;
    this.start = start;
  }

  /**
   * Reads a grammar and checks it: each rule it calls is there, none begins with itself, each that
   * is needed can come to an end.
   *
   * @throws GbnfException with line and column of what is wrong; or that it is too large
   */
  public static Gbnf read(String text) throws GbnfException {
    if (text.length() > MOST_CHARACTERS) {
      throw new GbnfException(
          0,
          0,
          "it has "
              + text.length()
              + " characters, which is too long; "
              + MOST_CHARACTERS
              + " are the most");
    }
    Map<String, Piece.Rule> rules = new GbnfReader(text).read();
    if (!rules.containsKey(START)) {
      throw new GbnfException(0, 0, "it has no rule '" + START + "', where texts begin");
    }
    var built = new NetworkBuilder(rules);
    int start = built.number(START);
    return new Gbnf(new Network(built, new RuleFacts(built, start)), start);
  }

  /**
   * The state before a text. What is found from it is remembered with it, so it is worth keeping
   * for the next text.
   *
   * @throws GbnfException when there are too many ways to begin
   */
  public GbnfState start() throws GbnfException {
    return new Automaton(network).start(start);
  }

  /**
   * Whether {@code text} is one of the grammar's.
   *
   * @throws GbnfException when the grammar has more ways for it than are followed
   */
  public boolean matches(String text) throws GbnfException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return start().next(bytes, 0, bytes.length).mayEnd();
  }
}
