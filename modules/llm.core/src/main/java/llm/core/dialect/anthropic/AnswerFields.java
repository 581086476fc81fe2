package llm.core.dialect.anthropic;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.content.Thinking;
import llm.domain.content.Thinking.Effort;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads {@code thinking}, {@code output_config} and its older part {@code output_format}: what the
 * answer is to be like. The first two are kept as they stand, too: of an effort beside a budget, or
 * how thoughts are shown, our types know one half. Not thread-safe; one body each.
 */
final class AnswerFields {
  /** Schemas have no name in this dialect, and elsewhere they need one. */
  static final String SCHEMA_NAME = "answer";

  private static final String THINKING = "thinking";
  private static final String OUTPUT_CONFIG = "output_config";
  private static final String OUTPUT_FORMAT = "output_format";

  private final Undone undone;
  private final Map<String, JsonText> raw = new LinkedHashMap<>();
  private final Map<String, JsonText> partly = new LinkedHashMap<>(); // of `raw`
  private Optional<ResponseFormat> format = Optional.empty();
  private Optional<Thinking> thinking = Optional.empty();
  private Optional<Effort> effort = Optional.empty();
  private boolean oldFormat;

  AnswerFields(Undone undone) {
    this.undone = undone;
  }

  /**
   * Takes the field {@code name}, on whose value the cursor stands.
   *
   * @return false when it is none of these; nothing was read then
   */
  boolean take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case THINKING -> keep(name, in, this::thinking);
      case OUTPUT_CONFIG -> keep(name, in, this::outputConfig);
      case OUTPUT_FORMAT -> {
        oldFormat = true;
        format = Optional.of(format(in));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * What was read, in our types.
   *
   * @throws LlmException when fields contradict each other
   */
  AnswerForm form() throws LlmException {
    if (oldFormat && raw.containsKey(OUTPUT_CONFIG)) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              OUTPUT_FORMAT,
              "output_format is the older name of output_config.format; send it there"));
    }
    AnswerForm form = AnswerForm.ANY;
    if (format.isPresent()) {
      form = form.withFormat(format.get());
    }
    Optional<Thinking> wanted = wanted();
    if (effort.isPresent() && !wanted.equals(effort.map(Thinking.ByEffort::new))) {
      partly.put(OUTPUT_CONFIG, raw.get(OUTPUT_CONFIG));
    }
    return wanted.isPresent() ? form.withThinking(wanted.get()) : form;
  }

  /** The fields as they stand, of which our types may know a part. */
  Map<String, JsonText> raw() {
    return raw;
  }

  /** Those of which our types know a part alone. */
  Map<String, JsonText> partly() {
    return partly;
  }

  /** An effort says more than that the model decides; a budget says more than an effort. */
  private Optional<Thinking> wanted() {
    Optional<Thinking> byEffort = effort.map(Thinking.ByEffort::new);
    return thinking
        .filter(said -> !(said instanceof Thinking.Adaptive))
        .or(() -> byEffort)
        .or(() -> thinking);
  }

  private void keep(String name, JsonCursor in, Reader reader) throws LlmException {
    JsonText value = in.cutObject();
    raw.put(name, value);
    boolean whole =
        JsonCursor.piece(
            value,
            in.path(),
            piece -> {
              var all = new boolean[] {true};
              reader.read(piece, () -> all[0] = false);
              return all[0];
            });
    if (!whole) {
      partly.put(name, value);
    }
  }

  /** Reads a value; says by {@code partly} that it holds more than our types know. */
  @FunctionalInterface
  private interface Reader {
    void read(JsonCursor in, Runnable partly) throws LlmException;
  }

  private void thinking(JsonCursor in, Runnable partly) throws LlmException {
    var type = new StringBuilder();
    var budget = new int[1];
    in.object(field -> {
      switch (field) {
        case "type" -> type.append(in.string());
        case "budget_tokens" -> budget[0] = budget(in);
        default -> partly.run(); // how thoughts are shown, as far as is known
      }
    });
    switch (type.toString()) {
      case "disabled" -> thinking = Optional.of(new Thinking.Off());
      case "adaptive" -> thinking = Optional.of(new Thinking.Adaptive());
      case "enabled" -> {
        if (budget[0] == 0) {
          throw Refusals.missing(in, "budget_tokens", "enabled thinking needs a budget");
        }
        thinking = Optional.of(new Thinking.Budget(budget[0]));
      }
      case "" -> throw Refusals.missing(in, "type", "it is enabled, disabled or adaptive");
      default -> {
        partly.run();
        undone.exceptByAnthropic(() ->
            Refusals.unsupported(in.path(), "thinking of type '" + Excerpt.shortened(type) + "'"));
      }
    }
  }

  private static int budget(JsonCursor in) throws LlmException {
    int tokens = in.integer();
    return in.legal(() -> new Thinking.Budget(tokens)).tokens();
  }

  private void outputConfig(JsonCursor in, Runnable partly) throws LlmException {
    in.object(field -> {
      switch (field) {
        case "effort" -> effort(in, partly);
        case "format" -> format = Optional.of(format(in));
        default -> {
          partly.run();
          String what = "the field '" + Excerpt.shortened(field) + "' of output_config";
          undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
        }
      }
    });
  }

  private void effort(JsonCursor in, Runnable partly) throws LlmException {
    String name = in.string();
    effort = Effort.of(name);
    if (effort.isEmpty()) {
      partly.run();
      String what = "the effort '" + Excerpt.shortened(name) + "'";
      undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
    }
  }

  private static ResponseFormat format(JsonCursor in) throws LlmException {
    var type = new StringBuilder();
    var schema = new JsonText[1];
    in.object(field -> {
      switch (field) {
        case "type" -> type.append(in.string());
        case "schema" -> schema[0] = in.cutObject();
        default -> throw Refusals.unknown(in);
      }
    });
    if (!type.toString().equals("json_schema")) {
      throw in.refusal(in.path() + ".type must be json_schema");
    }
    if (schema[0] == null) {
      throw Refusals.missing(in, "schema", "the answer is to fit it");
    }
    return new ResponseFormat.JsonSchema(SCHEMA_NAME, Optional.empty(), schema[0], true);
  }
}
