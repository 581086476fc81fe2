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

  private static final long STEPS_OF_A_CHARACTER = 8; // each becomes a value of its own
  private static final int CHARACTERS_OF_A_STEP = 256; // that are compared

  private static final int TRIAL = 10; // so many times less for a few words

  private final long maxSteps;
  private final long maxCharacters;
  private long steps;
  private long characters;
  private int depth;

  /** For values of {@code inputCharacters} in all. */
  public Meter(long inputCharacters) {
    this(MAX_STEPS, 16_000_000 + 64 * inputCharacters);
  }

  private Meter(long maxSteps, long maxCharacters) {
    this.maxSteps = maxSteps;
    this.maxCharacters = maxCharacters;
  }

  /** For a few words, as they are tried when a model is loaded. */
  public static Meter ofTrial() {
    return new Meter(MAX_STEPS / TRIAL, 16_000_000 / TRIAL);
  }

  public void step(int line) throws TemplateException {
    steps(1, line);
  }

  public void steps(long count, int line) throws TemplateException {
    steps += count;
    if (steps > maxSteps) {
      throw TemplateException.at(line, "it takes more than " + maxSteps + " steps");
    }
  }

  /** Counts text that is about to be made. */
  public void characters(long count, int line) throws TemplateException {
    characters += count;
    if (characters > maxCharacters) {
      throw TemplateException.at(line, "it makes more than " + maxCharacters + " characters");
    }
  }

  /** Counts the items of a value that are about to be gone through; a text's are its characters. */
  public void items(Value value, int line) throws TemplateException {
    if (value instanceof Value.Str(Text text)) {
      steps(STEPS_OF_A_CHARACTER * text.length(), line);
    }
  }

  /** Counts a search in a text of {@code length} for one of {@code sought} characters. */
  public void search(int length, int sought, int line) throws TemplateException {
    steps((long) length * Math.max(1, sought) / CHARACTERS_OF_A_STEP, line);
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
