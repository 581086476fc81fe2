package llm.core.gbnf;

/** A grammar that cannot be read or run. Its message is one client-safe phrase. */
public final class GbnfException extends Exception {
  private static final long serialVersionUID = 1;

  private final int line;
  private final int column;

  /** One in no place: what is wrong shows itself as the grammar is run. */
  public GbnfException(String problem) {
    this(0, 0, problem);
  }

  /** One at a place in the grammar, both counted from 1; 0 and 0 where it has none. */
  GbnfException(int line, int column, String problem) {
    super(line == 0 ? problem : "line " + line + ", column " + column + ": " + problem);
    this.line = line;
    this.column = column;
  }

  /** The line of the grammar, from 1; 0 when the fault is in no place. */
  public int line() {
    return line;
  }

  /** The column, in characters from 1; 0 when the fault is in no place. */
  public int column() {
    return column;
  }
}
