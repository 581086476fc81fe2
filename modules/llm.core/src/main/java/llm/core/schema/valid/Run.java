package llm.core.schema.valid;

/** One judgement of one text: what it may still take, and how it came to where it is. */
final class Run {
  /** Schemas that a value is judged by inside of each other; a thread's stack holds them. */
  static final int MOST_LEVELS = 1_000;

  private static final int STEPS_OF_SCHEMA = 8;

  /** The end of a judgement that takes too much. */
  static final class TooMuch extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMuch(String what) {
      super(what, null, false, false);
    }
  }

  /** The resources on the way to a schema, the innermost first. */
  record Scope(Resource resource, Scope outer) {}

  private final boolean tracks;
  private final long most;
  private long left;
  private int level;
  private Scope scope; // null: none yet

  /**
   * Nothing is judged yet.
   *
   * @param tracks whether some keyword asks for the {@link Marks}
   * @param most steps that it may take
   */
  Run(boolean tracks, long most) {
    this.tracks = tracks;
    this.most = most;
    this.left = most;
  }

  boolean tracks() {
    return tracks;
  }

  Scope scope() {
    return scope;
  }

  /** Counts {@code steps}. */
  void spend(long steps) {
    left -= steps;
    if (left < 0) {
      throw new TooMuch("it takes more than " + most + " steps to judge it by its schema");
    }
  }

  /** A schema of {@code resource} begins. */
  void enter(Resource resource) {
    spend(STEPS_OF_SCHEMA);
    if (++level > MOST_LEVELS) {
      throw new TooMuch("it takes more than " + MOST_LEVELS + " levels to judge it by its schema");
    }
    if (scope == null || scope.resource() != resource) {
      scope = new Scope(resource, scope);
    }
  }

  /** It ended; {@code before} was the scope when it began. */
  void leave(Scope before) {
    level--;
    scope = before;
  }
}
