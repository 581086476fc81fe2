package llm.core.gbnf;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A grammar: which texts there are. Rules as llama.cpp writes them, from the rule {@code root}; a
 * text is its bytes in UTF-8, and bytes that are no UTF-8 are in no grammar. Immutable; any thread.
 */
public final class Gbnf {
  /** The longest text of a grammar, in characters. */
  public static final int MOST_CHARACTERS = 1 << 20;

  private static final String START = "root";
  private static final String SPACED = "(root behind space)"; // no name of a rule that is read
  private static final int MOST_SPACE = 4;

  private final Network network;
  private final int start;
  private final int spaced;

  private Gbnf(Network network, int start, int spaced) {
    this.network = network;
    this.start = start;
    this.spaced = spaced;
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
    rules.put(SPACED, behindSpace());
    var built = new NetworkBuilder(rules);
    int start = built.number(START);
    return new Gbnf(new Network(built, new RuleFacts(built, start)), start, built.number(SPACED));
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

  private static Piece.Rule behindSpace() {
    var blank =
        new Piece.Chars(CharSet.of(List.of(range('\t'), range('\n'), range('\r'), range(' '))));
    var blanks = new Piece.Repeat(blank, 0, MOST_SPACE);
    var body = new Piece.Sequence(List.of(blanks, new Piece.Call(START, 0, 0)));
    return new Piece.Rule(SPACED, 0, 0, body);
  }

  private static CharSet.Range range(char only) {
    return new CharSet.Range(only, only);
  }

  /**
   * The state before a text that may have a little white space before it, which is not the
   * grammar's. It remembers nothing together with {@link #start}.
   *
   * @throws GbnfException when there are too many ways to begin
   */
  public GbnfState startBehindSpace() throws GbnfException {
    return new Automaton(network).start(spaced);
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
