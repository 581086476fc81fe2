package llm.core.template.value;

/**
 * Bounds of one rendering: a template is a program of whoever made the model's file. Text and lists
 * that are made count by their length, before they are made. One thread.
 */
public final class Meter {
  /** Nodes that may be visited, and items looked at. */
  public static final long MAX_STEPS = 10_000_000;

  /** Calls and blocks inside each other. */
  public static final int MAX_DEPTH = 200;

  private final long maxCharacters;
  private long steps;
  private long characters;
  private int depth;

  /** For values of {@code inputCharacters} in all. */
  public Meter(long inputCharacters) {
    this.maxCharacters = 16_000_000 + 64 * inputCharacters;
  }

  public void step(int line) throws TemplateException {
    steps(1, line);
  }

  public void steps(long count, int line) throws TemplateException {
    steps += count;
    if (steps > MAX_STEPS) {
      throw TemplateException.at(line, "it takes more than " + MAX_STEPS + " steps");
    }
  }

  /** Counts text that is about to be made. */
  public void characters(long count, int line) throws TemplateException {
    characters += count;
    if (characters > maxCharacters) {
      throw TemplateException.at(line, "it makes more than " + maxCharacters + " characters");
    }
  }

  public void enter(int line) throws TemplateException {
    if (++depth > MAX_DEPTH) {
      throw TemplateException.at(line, "it is nested deeper than " + MAX_DEPTH + " levels");
    }
  }

  public void leave() {
    depth--;
  }
}
