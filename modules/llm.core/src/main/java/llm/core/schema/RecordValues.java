package llm.core.schema;

import java.util.Optional;

/**
 * The values of one record while its JSON is being read.
 *
 * <p>Of a value that is not finished, what has not come is absent: an empty {@code Optional},
 * {@code List} or {@code Map}; null for a string, an enum, a box, a record. A value is never
 * invented: a record with a primitive component is itself absent until that one has come, and so is
 * a record whose constructor refuses what there is so far. A string grows; a number, a boolean and
 * an enum constant are there when they are complete. The finished value has everything its schema
 * requires.
 *
 * <p>What is complete is made once and shared by all later values; a value costs what is open of
 * it: the string that grows, the list that grows. So that a long one does not cost its length again
 * with each piece, a value after one that copied more than {@value #FREE} characters and elements
 * waits until a {@value #SHARE}th of that has been read.
 *
 * <p>Not thread-safe; belongs to whoever feeds the JSON.
 *
 * @param <T> the record
 */
public final class RecordValues<T> {
  private static final int FREE = 4_096;
  private static final int SHARE = 64;

  private final Class<T> type;
  private final Shape.Made shape;
  private final PartialJson json;
  private T last;
  private long seen; // changes of the JSON when the last value was made
  private long seenCharacters;
  private long wait; // characters until the next one
  private JsonProblem problem;

  RecordValues(Class<T> type, Shape.Made shape, PartialJson json) {
    this.type = type;
    this.shape = shape;
    this.json = json;
  }

  /** The value so far, when it is another one than was returned before and nothing is wrong. */
  public Optional<T> next() {
    JsonNode root = json.root().orElse(null);
    boolean wrong = root == null || json.problem().isPresent();
    boolean early = json.characters() - seenCharacters < wait;
    if (wrong || early || json.changes() == seen) {
      return Optional.empty();
    }
    var binder = new Binder(false);
    T value = type.cast(binder.bind(shape, root));
    seen = json.changes();
    seenCharacters = json.characters();
    wait = binder.cost() <= FREE ? 0 : binder.cost() / SHARE;
    if (value == null || value.equals(last)) {
      return Optional.empty();
    }
    last = value;
    return Optional.of(value);
  }

  /**
   * The finished value, once the JSON has ended without a problem; empty when a record's
   * constructor refuses it: {@link #problem()} says why.
   *
   * @throws IllegalStateException when the JSON is not complete
   */
  public Optional<T> whole() {
    if (!json.isComplete() || json.problem().isPresent()) {
      throw new IllegalStateException("the JSON is not complete");
    }
    var binder = new Binder(true);
    T value = type.cast(binder.bind(shape, json.root().orElseThrow()));
    problem = binder.problem();
    return problem == null ? Optional.of(value) : Optional.empty();
  }

  /** Why there is no finished value. */
  public Optional<JsonProblem> problem() {
    return Optional.ofNullable(problem);
  }
}
