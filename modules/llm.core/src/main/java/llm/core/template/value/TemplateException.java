package llm.core.template.value;

/**
 * A template that cannot be read, or one that cannot be rendered with these values. The message is
 * one sentence without a full stop.
 */
public final class TemplateException extends Exception {
  private static final long serialVersionUID = 1;

  private final int line;
  private final boolean raised;

  private TemplateException(int line, String message, boolean raised) {
    super(message);
    this.line = line;
    this.raised = raised;
  }

  /** Something in {@code line} (from 1) that is not known or not possible. */
  public static TemplateException at(int line, String message) {
    return new TemplateException(line, "line " + line + ": " + message, false);
  }

  /** What the template itself says by {@code raise_exception}. */
  public static TemplateException raised(int line, String message) {
    return new TemplateException(line, message, true);
  }

  /** Where in the template, from 1. */
  public int line() {
    return line;
  }

  /** Whether the template itself refuses these values. */
  public boolean isRaised() {
    return raised;
  }
}
