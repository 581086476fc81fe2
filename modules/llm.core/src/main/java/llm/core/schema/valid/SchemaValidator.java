package llm.core.schema.valid;

import java.util.Optional;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonProblem;
import llm.core.schema.PartialJson;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.Schema;
import llm.core.schema.valid.Rule.Fault;
import llm.core.schema.value.Numbers;

/**
 * Judges texts by a JSON Schema of draft 2020-12: all of its keywords that ask something,
 * references within the document, dynamic ones too. Beyond the letter of the draft:
 *
 * <ul>
 *   <li>A text is one JSON value, in whose objects no name comes twice.
 *   <li>Formats are held to, as far as {@link llm.core.schema.format.Formats} has them.
 *   <li>Numbers are compared exactly; {@code 1.0} is a whole number.
 *   <li>Of older drafts, {@code definitions}, {@code dependencies}, {@code items} as an array and
 *       {@code additionalItems} mean what they meant.
 *   <li>Whatever the schema and the text, a judgement takes no more than {@value #MOST_STEPS}
 *       steps, which last a second or less: what would take more is told as a violation.
 * </ul>
 *
 * <p>Immutable, thread-safe; does not block.
 */
public final class SchemaValidator {
  /** Levels of objects and arrays, in a schema and in a text. */
  public static final int MOST_LEVELS = 128;

  /** What one judgement may take, in steps: some ten to thirty of them take a microsecond. */
  public static final long MOST_STEPS = 20_000_000;

  private static final JsonLimits OF_SCHEMAS = new JsonLimits(MOST_LEVELS, 512 << 10, 50_000);
  private static final JsonLimits OF_TEXTS = new JsonLimits(MOST_LEVELS, 4L << 20, 200_000);

  private final Subschema root;
  private final boolean tracks;

  private SchemaValidator(Compiler.Compiled compiled) {
    this.root = compiled.root();
    this.tracks = compiled.tracks();
  }

  /**
   * Reads a schema: at most 512 Ki characters, 50,000 values and {@value #MOST_LEVELS} levels.
   *
   * @throws InvalidSchema when it is no JSON or no schema, refers to another document, has a
   *     pattern that looks ahead or behind or at its own groups, or is too large
   */
  public static SchemaValidator of(String jsonSchema) throws InvalidSchema {
    var json = new PartialJson(Schema.ANYTHING, Framing.EXACT, OF_SCHEMAS);
    json.feed(jsonSchema);
    if (!json.end()) {
      JsonProblem problem = json.problem().orElseThrow();
      throw new InvalidSchema(
          problem.path().isEmpty() || problem.path().startsWith("[")
              ? "$" + problem.path()
              : "$." + problem.path(),
          "it cannot be read: " + problem.message());
    }
    JsonNode node = json.root().orElseThrow();
    Optional<Place> insane = firstInsaneNumber(node, Place.ROOT);
    if (insane.isPresent()) {
      throw new InvalidSchema(insane.get(), "has a number " + INSANE);
    }
    return new SchemaValidator(Compiler.compile(node));
  }

  /**
   * Judges {@code text}: at most 4 Mi characters, 200,000 values and {@value #MOST_LEVELS} levels.
   *
   * @return the first thing that is wrong; empty: it is valid
   */
  public Optional<Violation> check(String text) {
    return check(text, MOST_STEPS);
  }

  /**
   * The same, in less time.
   *
   * @param mostSteps what the judgement may take, from 0 to {@link #MOST_STEPS}; reading the text
   *     comes in addition
   */
  Optional<Violation> check(String text, long mostSteps) {
    var json = new PartialJson(Schema.ANYTHING, Framing.EXACT, OF_TEXTS);
    json.feed(text);
    if (!json.end()) {
      JsonProblem problem = json.problem().orElseThrow();
      return Optional.of(new Violation(problem.path(), "$", "it is no JSON: " + problem.message()));
    }
    return check(json.root().orElseThrow(), mostSteps);
  }

  private Optional<Violation> check(JsonNode value, long mostSteps) {
    Optional<Place> insane = firstInsaneNumber(value, Place.ROOT);
    if (insane.isPresent()) {
      return Optional.of(
          new Violation(insane.get().inValue(), "$", "expected a number, found one " + INSANE));
    }
    try {
      return Optional.ofNullable(root.checkPart(value, Place.ROOT, new Run(tracks, mostSteps)))
          .map(Fault::told);
    } catch (Run.TooMuch tooMuch) {
      return Optional.of(new Violation("", "$", tooMuch.getMessage()));
    }
  }

  private static final String INSANE =
      "whose exponent has more than " + Numbers.MOST_EXPONENT_DIGITS + " digits";

  private static Optional<Place> firstInsaneNumber(JsonNode node, Place at) {
    switch (node) {
      case NumberNode number -> {
        return Numbers.isSane(number) ? Optional.empty() : Optional.of(at);
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.elements().size(); i++) {
          Optional<Place> inside = firstInsaneNumber(array.elements().get(i), at.element(i));
          if (inside.isPresent()) {
            return inside;
          }
        }
      }
      case ObjectNode object -> {
        for (var member : object.members().entrySet()) {
          var inside = firstInsaneNumber(member.getValue(), at.member(member.getKey()));
          if (inside.isPresent()) {
            return inside;
          }
        }
      }
      default -> {
        // no number in it
      }
    }
    return Optional.empty();
  }
}
