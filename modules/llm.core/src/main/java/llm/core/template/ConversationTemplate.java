package llm.core.template;

import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import llm.core.template.TemplateShape.Content;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.core.template.grammar.ForcedCalls;
import llm.core.template.grammar.HeldCalls;
import llm.core.template.jinja.Template;
import llm.core.template.value.Meter;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.Value;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thinking;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * A model's chat template: makes prompts of conversations, and knows how the model answers.
 *
 * <p>What a template cannot say is refused, never left out: each message, call and tool must have
 * reached the prompt. A system's message goes before the user's where the template has no such
 * role.
 *
 * <p>Immutable; any thread.
 */
public final class ConversationTemplate {
  private static final String SWITCH = "enable_thinking";
  private static final String BUDGET = "thinking_budget"; // in tokens; Seed has it for a switch
  private static final List<String> THOUGHT_ENDS =
      List.of("</think>", "</seed:think>", "[/THINK]", "<|END_THINKING|>");

  private final Template template;
  private final Marks marks;
  private final Supplier<ZonedDateTime> now;
  private final TemplateShape shape;
  private final AnswerFormat format;
  private final boolean offersTools;
  private final Optional<SpokenTools> spoken; // where the template has no place for tools
  private final Optional<ForcedCalls> forced; // where it offers tools
  private final boolean thinks;
  private final boolean switchesThinking;
  private final boolean continues;

  /**
   * The model's own special tokens, as text.
   *
   * @param begin of a sequence; empty where it has none
   * @param end of a sequence; likewise
   */
  public record Marks(String begin, String end) {}

  /** How a prompt ends. */
  public enum Ending {
    /** Where the assistant's answer begins. */
    ANSWER,
    /** After the last message, so that more can follow. */
    OPEN
  }

  private ConversationTemplate(
      String text, Marks marks, Optional<AnswerFormat> format, Supplier<ZonedDateTime> now)
      throws TemplateException {
    this.template = Template.parse(text);
    this.marks = marks;
    this.now = now;
    this.format = format.or(() -> AnswerFormat.of(text)).orElse(AnswerFormat.NONE);
    var trial = new Trial(this.format, this::renderedOrNothing);
    this.shape = trial.shape();
    boolean place = trial.offersTools(shape);
    this.spoken = place ? Optional.empty() : format.flatMap(SpokenTools::of);
    this.offersTools = (place || spoken.isPresent()) && this.format.calls();
    this.forced = ForcedCalls.of(this.format, text).filter(_ -> offersTools);
    this.thinks = THOUGHT_ENDS.stream().anyMatch(text::contains);
    this.switchesThinking = text.contains(SWITCH) || text.contains(BUDGET);
    this.continues = open(Trial.answered()).isPresent();
  }

  /**
   * Reads a template.
   *
   * @param marks what its {@code bos_token} and {@code eos_token} are
   * @param format how the model writes calls; empty: as the template's own marks tell
   * @param now the time that a template may tell
   * @throws LlmException with {@code InvalidRequest} that names line and construct, when it has
   *     what is not known here
   */
  public static ConversationTemplate of(
      String text, Marks marks, Optional<AnswerFormat> format, Supplier<ZonedDateTime> now)
      throws LlmException {
    try {
      return new ConversationTemplate(text, marks, format, now);
    } catch (TemplateException unknown) {
      throw new LlmException(LlmError.InvalidRequest.of(unknown.getMessage()), unknown);
    }
  }

  /** How the model writes calls of tools. */
  public AnswerFormat format() {
    return format;
  }

  /**
   * Whether tools reach the prompt, and their calls can be read from the answer. A template without
   * a place for them has them in the system's words, when it was said how the model writes calls.
   */
  public boolean offersTools() {
    return offersTools;
  }

  /**
   * Whether a prompt can end within the assistant's turn, so that the model goes on with an answer
   * that was begun ({@link llm.domain.chat.AnswerForm#continues}).
   */
  public boolean continues() {
    return continues;
  }

  /** Whether the system's message goes into the user's. */
  public boolean mergesSystem() {
    return shape.system() == TemplateShape.System.MERGED;
  }

  /**
   * The prompt of {@code request}. It ends with the last word of the last message where an answer
   * is to be gone on with.
   *
   * @throws LlmException with {@code Unsupported} for what the template cannot say, or with what
   *     the template itself refuses
   */
  public RenderedPrompt render(ChatRequest request, Ending ending) throws LlmException {
    refuse(request);
    return rendered(spoken.isPresent() ? spoken.get().spoken(freed(request)) : request, ending);
  }

  /** Words demand nothing, nor do they bind; a grammar does. */
  private static ChatRequest freed(ChatRequest request) {
    return ForcedCalls.areDemanded(request) || ForcedCalls.mayReplaceForm(request)
        ? request
            .withToolChoice(new ToolChoice.Auto())
            .withTools(request.tools().stream().map(ToolDefinition::lenient).toList())
        : request;
  }

  private RenderedPrompt rendered(ChatRequest request, Ending ending) throws LlmException {
    var values = new ConversationValues(request, shape, format);
    boolean goesOn = ending == Ending.ANSWER && OpenTurn.isWanted(request);
    Text text;
    try {
      text = render(request, values, Meter::new, goesOn ? Ending.OPEN : ending);
    } catch (TemplateException refused) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "messages",
              "The chat template of model '"
                  + request.model()
                  + "' refuses them: "
                  + refused.getMessage().strip()),
          refused);
    }
    Set<Integer> reached = text.runs().stream().map(Text.Run::label).collect(Collectors.toSet());
    for (var expected : new TreeMap<>(values.expected()).entrySet()) {
      if (!reached.contains(expected.getKey())) {
        throw unsupported(
            expected.getValue(), request, "has no place for it, and it would be left out");
      }
    }
    return RenderedPrompt.of(goesOn ? opened(text, request, values) : text);
  }

  private static Text opened(Text whole, ChatRequest request, ConversationValues values)
      throws LlmException {
    return OpenTurn.of(whole, request.messages().getLast(), values.lastWords())
        .orElseThrow(() -> {
          String path = "messages[" + (request.messages().size() - 1) + "].content";
          return unsupported(path, request, "changes it, so that it cannot be gone on with");
        });
  }

  private Optional<Text> open(ChatRequest begun) {
    try {
      var values = new ConversationValues(begun, shape, format);
      Text whole = render(begun, values, _ -> Meter.ofTrial(), Ending.OPEN);
      return OpenTurn.of(whole, begun.messages().getLast(), values.lastWords());
    } catch (TemplateException _) {
      return Optional.empty(); // it takes no such conversation
    }
  }

  /**
   * What takes the answer to {@code request} apart; empty where it is text and nothing else.
   *
   * @param ids makes ids of calls
   */
  public Optional<AnswerParser> parser(ChatRequest request, Supplier<String> ids) {
    boolean bound = isBound(request);
    boolean offered = !bound && offers(request) && offersTools;
    if (!offered && !thinks && format != AnswerFormat.HARMONY && format != AnswerFormat.COMMAND) {
      return Optional.empty();
    }
    List<ToolDefinition> tools = offered ? request.tools() : List.of();
    return Optional.of(new AnswerParser(format, beginning(request), tools, ids));
  }

  private static boolean offers(ChatRequest request) {
    return !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
  }

  /** Whether the text of the answer is to have a form. */
  private static boolean isBound(ChatRequest request) {
    return !(request.form().format() instanceof ResponseFormat.Text)
        && !ForcedCalls.areDemanded(request)
        && !ForcedCalls.mayReplaceForm(request);
  }

  /**
   * The grammar of calls that {@code request} demands; empty where it demands none.
   *
   * @throws LlmException with {@code Unsupported} where the model cannot be made to call, with
   *     {@code InvalidRequest} for a tool whose arguments cannot be held to their schema
   */
  public Optional<HeldCalls> calls(ChatRequest request) throws LlmException {
    if (!ForcedCalls.areDemanded(request)) {
      return Optional.empty();
    }
    refuse(request);
    return Optional.of(forced.orElseThrow().grammar(request));
  }

  /**
   * The grammar of an answer to {@code request} that is either of a form or calls ({@link
   * ForcedCalls#mayReplaceForm}).
   *
   * @param field what asked for the form
   * @param check what is wrong with a text of the form
   * @throws LlmException with {@code Unsupported} where the model can be offered no tools, or its
   *     calls and the form's texts cannot be told apart; with {@code InvalidRequest} for a tool
   *     whose arguments cannot be held to their schema
   */
  public HeldCalls callsOr(
      ForcedCalls.TextForm form,
      ChatRequest request,
      String field,
      Function<String, Optional<String>> check)
      throws LlmException {
    refuse(request);
    return forced.orElseThrow().grammarOr(form, request, field, check);
  }

  /** What comes before the answer to {@code request}. */
  public Reasoning reasoning(ChatRequest request) {
    if (OpenTurn.isWanted(request)) {
      return Reasoning.NONE;
    }
    boolean calls = ForcedCalls.areDemanded(request) || ForcedCalls.mayReplaceForm(request);
    if (format == AnswerFormat.HARMONY && calls) {
      return Reasoning.NONE; // the grammar of calls says itself what may come before
    }
    if (format == AnswerFormat.HARMONY) {
      return new Reasoning("", List.of("<|channel|>final", "<|message|>"), true);
    }
    boolean begun = beginning(request) == AnswerParser.Beginning.REASONING;
    boolean off = request.form().thinking().filter(Thinking.Off.class::isInstance).isPresent();
    return begun || thinks && !off
        ? new Reasoning(format.thinkBegin(), List.of(format.thinkEnd()), begun)
        : Reasoning.NONE;
  }

  private AnswerParser.Beginning beginning(ChatRequest request) {
    if (OpenTurn.isWanted(request)) {
      return AnswerParser.Beginning.TEXT;
    }
    var small = Trial.smallest(request.model()).withForm(request.form());
    String end = renderedOrNothing(small, shape).map(Text::toString).orElse("").stripTrailing();
    boolean begun =
        thinks
            && (end.endsWith("<think>")
                || end.endsWith("<seed:think>")
                || end.endsWith("[THINK]")
                || end.endsWith("<|START_THINKING|>"));
    return begun ? AnswerParser.Beginning.REASONING : AnswerParser.Beginning.ANSWER;
  }

  private void refuse(ChatRequest request) throws LlmException {
    if (offers(request) && !offersTools) {
      throw unsupported(
          "tools",
          request,
          format.calls()
              ? "puts no tools into the prompt"
              : "has calls of tools in no form that is known here; set providers.local.tool_format"
                  + " or leave the tools out");
    }
    if (ForcedCalls.areDemanded(request)) {
      if (forced.isEmpty()) {
        throw ForcedCalls.refusal(request, "");
      }
      if (OpenTurn.isWanted(request)) {
        throw ForcedCalls.refusal(request, " in an answer that goes on with a text");
      }
    }
    boolean off = request.form().thinking().filter(Thinking.Off.class::isInstance).isPresent();
    if (off && thinks && !switchesThinking) {
      throw unsupported("reasoning_effort", request, "has no switch for its reasoning");
    }
  }

  private static LlmException unsupported(String path, ChatRequest request, String what) {
    return new LlmException(
        new LlmError.Unsupported(
            path, "The chat template of model '" + request.model() + "' " + what + "."));
  }

  private Optional<Text> renderedOrNothing(ChatRequest request, TemplateShape form) {
    try {
      var values = new ConversationValues(request, form, format);
      return Optional.of(render(request, values, _ -> Meter.ofTrial(), Ending.ANSWER));
    } catch (TemplateException _) {
      return Optional.empty(); // this form is not the template's
    }
  }

  private Text render(
      ChatRequest request,
      ConversationValues conversation,
      LongFunction<Meter> meters,
      Ending ending)
      throws TemplateException {
    Map<String, Value> values = new HashMap<>();
    values.put("messages", conversation.messages());
    values.put("tools", conversation.tools());
    values.put("documents", Value.NONE);
    values.put("add_generation_prompt", Value.of(ending == Ending.ANSWER));
    values.put("bos_token", Value.of(marks.begin()));
    values.put("eos_token", Value.of(marks.end()));
    request
        .form()
        .thinking()
        .ifPresent(wish -> {
          boolean off = wish instanceof Thinking.Off;
          values.put(SWITCH, Value.of(!off));
          if (off) {
            values.put(BUDGET, Value.of(0));
          }
        });
    return template.render(values, meters.apply(conversation.characters()), now.get());
  }

  /** The forms of content, the usual first. */
  static List<Content> contents() {
    return List.of(Content.STRING, Content.PARTS);
  }
}
