package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/**
 * Gathers the fields that every chat body of ours has, whichever endpoint it came to: model,
 * messages, tools, sampling and the output limit. A reader feeds it field by field and asks for the
 * request at the end. Not thread-safe; one body each.
 */
public final class ChatBody {
  private Optional<String> model = Optional.empty();
  private List<Message> messages = List.of();
  private List<ToolDefinition> tools = List.of();
  private final List<JsonText> otherTools = new ArrayList<>(0); // that are no functions
  private Optional<JsonText> otherChoice = Optional.empty();
  private final FirstRefusal undone = new FirstRefusal(); // what only some providers do
  private final FirstRefusal strictness = new FirstRefusal(); // what every upstream does
  private Optional<ToolChoice> toolChoice = Optional.empty();
  private Optional<Integer> maxTokens = Optional.empty();
  private Optional<Integer> maxCompletionTokens = Optional.empty();
  private Optional<Priority> priority = Optional.empty();
  private final SamplingFields sampling = new SamplingFields();
  private final FormFields form = new FormFields();
  private final GrammarFields grammar = new GrammarFields();

  /**
   * Takes the field {@code name}, on whose value the cursor stands.
   *
   * @return false when the field is none of these; nothing was read then
   * @throws LlmException when its value is not what it should be
   */
  public boolean take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "model" -> model = Optional.of(model(in));
      case "messages" -> messages = MessageReader.messages(in, undone);
      case "tools" -> tools = ToolReader.tools(in, otherTools::add, undone, strictness);
      case "tool_choice" ->
          toolChoice =
              Optional.of(
                  ToolReader.choice(in, choice -> otherChoice = Optional.of(choice), undone));
      case "max_tokens" -> maxTokens = Optional.of(limit(in));
      case "max_completion_tokens" -> maxCompletionTokens = Optional.of(limit(in));
      case "priority" -> priority = Optional.of(priority(in));
      default -> {
        return form.take(name, in) || sampling.take(name, in) || grammar.take(name, in, undone);
      }
    }
    return true;
  }

  /** Adds a message, for bodies that say it otherwise than in {@code messages}. */
  public void add(Message message) {
    var longer = new ArrayList<>(messages);
    longer.add(message);
    messages = longer;
  }

  /** Whether a message was given. */
  public boolean hasMessages() {
    return !messages.isEmpty();
  }

  /** Whether the body says how urgent it is. */
  public boolean hasPriority() {
    return priority.isPresent();
  }

  /**
   * The request.
   *
   * @param extensions unknown fields to be relayed
   * @throws LlmException when fields contradict each other, one is missing, or the model is unknown
   */
  public ChatRequest request(ModelResolver resolver, Extensions extensions) throws LlmException {
    if (messages.isEmpty()) {
      throw invalid("messages", "messages is missing; it must hold at least one message");
    }
    ToolChoice choice = toolChoice.orElseGet(ToolChoice.Auto::new);
    requireOffered(choice);
    SamplingOptions options = sampling.options();
    Optional<Integer> limit = outputLimit();
    ModelName resolved = resolver.resolve(model);
    if (!undone.isEmpty() && !resolver.reads(resolved, Dialect.OPENAI_CHAT)) {
      undone.require();
    }
    if (!strictness.isEmpty() && !resolver.holdsStrict(resolved, choice)) {
      strictness.require();
    }
    return new ChatRequest(
        resolved,
        messages,
        tools,
        choice,
        options,
        limit,
        withOthers(extensions),
        priority.orElse(Priority.INTERACTIVE),
        grammar.applied(form.form(), choice));
  }

  /** With grammars as they came, tools that are no functions, and a choice of them. */
  private Extensions withOthers(Extensions extensions) {
    if (otherTools.isEmpty() && otherChoice.isEmpty() && grammar.raw().isEmpty()) {
      return extensions;
    }
    var all = new LinkedHashMap<String, JsonText>(extensions.fields());
    all.putAll(grammar.raw());
    if (!otherTools.isEmpty()) {
      all.put("tools", JsonFields.array(otherTools));
    }
    otherChoice.ifPresent(choice -> all.put("tool_choice", choice));
    return Extensions.of(Dialect.OPENAI_CHAT, all);
  }

  private Optional<Integer> outputLimit() throws LlmException {
    if (maxTokens.isPresent()
        && maxCompletionTokens.isPresent()
        && !maxTokens.equals(maxCompletionTokens)) {
      throw invalid(
          "max_tokens",
          "max_tokens "
              + maxTokens.get()
              + " and max_completion_tokens "
              + maxCompletionTokens.get()
              + " contradict each other; send one of them");
    }
    return maxCompletionTokens.or(() -> maxTokens);
  }

  private void requireOffered(ToolChoice choice) throws LlmException {
    switch (choice) {
      case ToolChoice.Auto _, ToolChoice.None _ -> {}
      case ToolChoice.Required _ -> {
        if (tools.isEmpty() && otherTools.isEmpty()) {
          throw invalid("tool_choice", "tool_choice 'required' needs tools, and none are offered");
        }
      }
      case ToolChoice.Named named -> {
        if (tools.stream().noneMatch(tool -> tool.name().equals(named.name()))) {
          throw invalid(
              "tool_choice", "tool_choice names '" + named.name() + "', which tools do not offer");
        }
      }
    }
  }

  private static String model(JsonCursor in) throws LlmException {
    String text = in.string();
    return in.legal(() -> new ModelName(text)).value();
  }

  private static int limit(JsonCursor in) throws LlmException {
    int value = in.integer();
    if (value < 1) {
      throw in.refusal(in.path() + " " + value + " must be at least 1");
    }
    return value;
  }

  private static Priority priority(JsonCursor in) throws LlmException {
    String name = in.string();
    return Priority.of(name)
        .orElseThrow(
            () -> in.refusal(in.path() + " '" + name + "' must be interactive or background"));
  }

  private static LlmException invalid(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}
