package llm.domain.content;

/**
 * What a provider gave with reasoning and wants back: a signature, or the reasoning itself where
 * only the provider can read it. Only the dialect that it came in takes it back. In a field of
 * another dialect it has a mark that says whose it is, so that it comes home by way of a caller who
 * keeps it as it is.
 *
 * @param dialect in which the provider gave it
 * @param data as the provider gave it
 */
public record Proof(Dialect dialect, String data) {
  private static final String MARK = "llm.";

  /** The proof in a field of the dialect {@code where}. */
  public static Proof read(String field, Dialect where) {
    if (field.startsWith(MARK)) {
      for (Dialect dialect : Dialect.values()) {
        String mark = mark(dialect);
        if (field.startsWith(mark)) {
          return new Proof(dialect, field.substring(mark.length()));
        }
      }
    }
    return new Proof(where, field);
  }

  /** As a field of the dialect {@code where} has it. */
  public String in(Dialect where) {
    boolean isItself = dialect.isReadAs(where) && !data.startsWith(MARK);
    return isItself ? data : mark(dialect) + data;
  }

  private static String mark(Dialect dialect) {
    return MARK + dialect.wireName() + ".";
  }
}
