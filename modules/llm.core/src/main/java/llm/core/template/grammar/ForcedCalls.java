package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import llm.core.dialect.grammar.GbnfLiteral;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.ParameterTypes;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Answers that are calls of tools and nothing else, or else a text of a form: grammars of what a
 * family of models writes for them, with the names of the tools and arguments that fit their
 * schemas. Those asked for last are remembered. Thread-safe.
 */
public final class ForcedCalls {
  /** Calls in one answer at most. */
  private static final int MOST_CALLS = 16;

  private static final int MOST_CHARACTERS = 512 * 1024;
  private static final int MOST_REMEMBERED = 8;
  private static final Pattern PLACE = Pattern.compile("\\$(NAME|ARGS|INDEX|KEY|VALUE)");

  /** What models that speak in channels may think before a call; their marks say where it ends. */
  private static final String ANALYSIS =
      "(\"<|channel|>analysis<|message|>\" [^<]* \"<|end|><|start|>assistant\")? ";

  /** What stands before a text there. */
  private static final String FINAL = "\"<|channel|>final<|message|>\" ";

  /** Names that every style can write. */
  private static final Pattern TAG_NAME = Pattern.compile("[^<>\"\\s][^<>\"\\n]{0,255}(?<!\\s)");

  private static final Pattern PYTHON_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");

  private final AnswerFormat format;
  private final CallFrame frame;
  private final Map<Demand, HeldCalls> last = // guarded by itself
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Demand, HeldCalls> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  /** What a grammar depends on. */
  private record Demand(
      List<ToolDefinition> tools, ToolChoice choice, boolean several, Optional<TextForm> form) {}

  /**
   * A form that an answer may have in place of calls.
   *
   * @param gbnf its grammar
   * @param isJson whether its texts are JSON
   */
  public record TextForm(String gbnf, boolean isJson) {}

  private ForcedCalls(AnswerFormat format, CallFrame frame) {
    this.format = format;
    this.frame = frame;
  }

  /**
   * Those of models that write calls so.
   *
   * @param template their chat template, which tells older and newer models of a family apart
   * @return empty for a format without calls
   */
  public static Optional<ForcedCalls> of(AnswerFormat format, String template) {
    return CallFrame.of(format, template).map(frame -> new ForcedCalls(format, frame));
  }

  /** Whether {@code request} demands a call. */
  public static boolean areDemanded(ChatRequest request) {
    return request.toolChoice() instanceof ToolChoice.Required
        || request.toolChoice() instanceof ToolChoice.Named;
  }

  /** Whether an answer to {@code request} either has a form or calls tools, as the model likes. */
  public static boolean mayReplaceForm(ChatRequest request) {
    return request.toolChoice() instanceof ToolChoice.Auto
        && !request.tools().isEmpty()
        && !(request.form().format() instanceof ResponseFormat.Text)
        && !request.form().continues();
  }

  /**
   * The grammar of an answer to {@code request}, which demands a call: exactly one where it says
   * that there may not be several, else one to sixteen.
   *
   * @throws LlmException with {@code InvalidRequest} that names the keyword of a tool's schema
   *     which cannot be held
   */
  public HeldCalls grammar(ChatRequest request) throws LlmException {
    return known(request, Optional.empty(), "tools");
  }

  /**
   * The grammar of an answer to {@code request} that is either such calls or a text of a form.
   *
   * @param field what asked for the form, which refusals name
   * @param check what is wrong with a text of the form
   * @throws LlmException with {@code Unsupported} where texts of the form could be taken for calls;
   *     with {@code InvalidRequest} for a tool's schema which cannot be held, and for a form whose
   *     grammar is wrong
   */
  public HeldCalls grammarOr(
      TextForm form, ChatRequest request, String field, Function<String, Optional<String>> check)
      throws LlmException {
    HeldCalls either = known(request, Optional.of(form), field);
    var both = new EitherCheck(format, either.reading(), either.check(), check);
    return new HeldCalls(either.gbnf(), either.marks(), either.reading(), either.json(), both);
  }

  private HeldCalls known(ChatRequest request, Optional<TextForm> form, String field)
      throws LlmException {
    boolean several =
        frame.between().isPresent() && request.form().parallelToolCalls().orElse(true);
    var demand = new Demand(request.tools(), request.toolChoice(), several, form);
    synchronized (last) {
      HeldCalls known = last.get(demand);
      if (known != null) {
        return known;
      }
    }
    HeldReading reading =
        form.isEmpty()
            ? new HeldReading.Parsed()
            : new FormOrCalls(format, frame).reading(form.get(), request, field);
    HeldCalls made = make(demand, reading);
    synchronized (last) {
      last.put(demand, made);
    }
    return made;
  }

  private HeldCalls make(Demand demand, HeldReading reading) throws LlmException {
    var rules = new RuleBook();
    List<String> calls = new ArrayList<>();
    Map<String, String> paths = new HashMap<>();
    Map<String, ToolDefinition> called = new LinkedHashMap<>(); // by path
    for (int i = 0; i < demand.tools().size(); i++) {
      ToolDefinition tool = demand.tools().get(i);
      boolean wanted =
          !(demand.choice() instanceof ToolChoice.Named(String name)) || name.equals(tool.name());
      if (wanted) {
        String path = "tools[" + i + "].function.parameters";
        paths.put(tool.name(), path);
        called.put(path, tool);
        calls.add(rules.rule(call(tool, path, rules)));
        requireRoom(rules, path);
      }
    }
    String root = all(rules.rule(String.join(" | ", calls)), demand.several());
    if (demand.form().isPresent()) {
      String text = rules.add(demand.form().get().gbnf());
      root = "(" + root + " | " + (isChannels() ? FINAL : "") + text + ")";
    }
    return new HeldCalls(
        rules.gbnf((isChannels() ? ANALYSIS : "") + root),
        marks(),
        reading,
        json(new CallPlaces(format, frame).of(called), reading, demand.form()),
        CallCheck.of(format, demand.tools(), paths));
  }

  private static JsonPlaces json(JsonPlaces calls, HeldReading reading, Optional<TextForm> form) {
    if (!(reading instanceof HeldReading.Either either)) {
      return calls; // marks say where a form's text is, too
    }
    boolean isJson = form.filter(TextForm::isJson).isPresent();
    return new JsonPlaces.Either(
        either, calls, isJson ? new JsonPlaces.Everywhere() : new JsonPlaces.Nowhere());
  }

  /** One call, or several of them, with what stands around. */
  private String all(String one, boolean several) {
    String more =
        several
            ? " ("
                + GbnfLiteral.of(frame.between().get())
                + " "
                + one
                + "){0,"
                + (MOST_CALLS - 1)
                + "}"
            : "";
    return GbnfLiteral.of(frame.begin()) + " " + one + more + " " + GbnfLiteral.of(frame.end());
  }

  private boolean isChannels() {
    return format == AnswerFormat.HARMONY;
  }

  private Set<String> marks() {
    Set<String> marks = new HashSet<>(frame.marks(format));
    if (isChannels()) {
      marks.addAll(Set.of("<|end|>", "<|start|>"));
    }
    return marks;
  }

  private static void requireRoom(RuleBook rules, String path) throws LlmException {
    if (rules.length() > MOST_CHARACTERS) {
      throw ParameterField.refusal(
          path,
          "the grammar of the tools up to this one takes more than "
              + MOST_CHARACTERS
              + " characters; offer fewer tools, or name the one to call");
    }
  }

  private String call(ToolDefinition tool, String path, RuleBook rules) throws LlmException {
    String arguments =
        switch (frame.style()) {
          case JSON -> rules.add(object(tool.parameters(), path));
          case JSON_WITHOUT_TAGS -> rules.addWithoutTags(object(tool.parameters(), path));
          case TAGS -> tagged(tool, path, rules);
          case PYTHON -> python(tool, path, rules);
        };
    return filled(frame.call(), Map.of("NAME", literal(tool.name()), "ARGS", arguments));
  }

  /** A text of the frame with its places filled, as an expression. */
  private static String filled(String text, Map<String, String> places) {
    List<String> parts = new ArrayList<>();
    Matcher place = PLACE.matcher(text);
    int from = 0;
    while (place.find()) {
      parts.add(literal(text.substring(from, place.start())));
      parts.add(places.getOrDefault(place.group(1), "[0-9]{1,2}"));
      from = place.end();
    }
    parts.add(literal(text.substring(from)));
    return parts.stream().filter(part -> !part.equals("\"\"")).collect(Collectors.joining(" "));
  }

  private static String literal(String text) {
    return GbnfLiteral.of(text);
  }

  private static String object(JsonText schema, String path) throws LlmException {
    JsonText type = Members.of(schema).get("type");
    if (type != null && !Members.text(type).equals("object")) {
      throw ParameterField.refusal(path + ".type", "arguments are an object; send object");
    }
    String text = schema.value().strip();
    if (type == null) {
      String rest = text.substring(1).strip();
      text = "{\"type\":\"object\"" + (rest.equals("}") ? "" : ",") + rest;
    }
    return gbnf(text, path);
  }

  private static String gbnf(String schema, String path) throws LlmException {
    try {
      return SchemaGrammar.of(schema).gbnf();
    } catch (UnsupportedSchema unsupported) {
      throw new LlmException(unsupported.error(path), unsupported);
    }
  }

  private String tagged(ToolDefinition tool, String path, RuleBook rules) throws LlmException {
    var types = new ParameterTypes(tool.parameters());
    List<String> parameters = new ArrayList<>();
    for (ParameterField field : ParameterField.of(tool.parameters(), path)) {
      requireName(field, TAG_NAME);
      String value = taggedValue(field, types, rules);
      String one = filled(frame.field(), Map.of("KEY", literal(field.name()), "VALUE", value));
      parameters.add(field.required() ? one : "(" + one + ")?");
    }
    return rules.rule(parameters.isEmpty() ? "\"\"" : String.join(" ", parameters));
  }

  private String taggedValue(ParameterField field, ParameterTypes types, RuleBook rules)
      throws LlmException {
    var text = new TextRule(field, frame.fieldEnd(), rules);
    var known = types.types(field.name());
    if (known.isEmpty()) {
      if (!TextRule.isFree(field.schema())) {
        throw ParameterField.refusal(
            field.path(),
            "it says no type, and values have none where this model writes them; add one");
      }
      return text.any();
    }
    return known.contains("string")
        ? text.constrained()
        : rules.addWithoutTags(gbnf(field.document().value(), field.path()));
  }

  /** With commas between those that are there: each rule says what may follow. */
  private String python(ToolDefinition tool, String path, RuleBook rules) throws LlmException {
    List<ParameterField> fields = ParameterField.of(tool.parameters(), path);
    String first = ""; // what may follow when nothing has come
    String next = ""; // and when something has
    for (ParameterField field : fields.reversed()) {
      requireName(field, PYTHON_NAME);
      String value = rules.add(gbnf(field.document().value(), field.path()));
      String one = filled(frame.field(), Map.of("KEY", literal(field.name()), "VALUE", value));
      String taken = one + " " + next;
      String nextRule = "\", \" " + taken;
      if (field.required()) {
        first = rules.rule(taken.strip());
        next = rules.rule(nextRule.strip());
      } else {
        first = rules.rule(taken.strip() + " | " + (first.isEmpty() ? "\"\"" : first));
        next = rules.rule(nextRule.strip() + " | " + (next.isEmpty() ? "\"\"" : next));
      }
    }
    return first.isEmpty() ? "\"\"" : first;
  }

  private static void requireName(ParameterField field, Pattern legal) throws LlmException {
    if (!legal.matcher(field.name()).matches()) {
      throw ParameterField.refusal(
          field.path(), "this model cannot write a parameter of that name; rename it");
    }
  }

  /** The refusal of a call that a model cannot be made to write, with a reason or none. */
  public static LlmException refusal(ChatRequest request, String why) {
    return new LlmException(
        new LlmError.Unsupported(
            "tool_choice",
            "Model '"
                + request.model()
                + "' cannot be made to call a tool"
                + why
                + "; use \"auto\" or \"none\"."));
  }
}
