package llm.core.dialect.responses.upstream;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.responses.Asides;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.content.Dialect;

/**
 * The output items of one answer by their place in it. An item is told in pieces, whole at its end,
 * and once more with the whole answer, and servers leave out one or the other: of each way only
 * what was not said yet becomes an event.
 */
final class Items {
  private static final int MOST_ITEMS = 4096;

  /** The most characters of arguments that come before their call. */
  private static final int MOST_HELD = 64 * 1024;

  /** What a caller would have to act upon, and we have no form for. */
  private static final Set<String> WANTS_ACTION =
      Set.of(
          "custom_tool_call",
          "computer_call",
          "local_shell_call",
          "shell_call",
          "apply_patch_call",
          "mcp_approval_request",
          "tool_search_call");

  private final Map<Integer, State> states = new HashMap<>();
  private final Supplier<String> ids;
  private int calls;
  private int message = -1; // the place of the message that came last, if nothing came behind it

  private int thought = -1; // the place of the reasoning that came last, if it has not ended

  /** What of an item was handed out. */
  private static final class State {
    private boolean saidText;
    private boolean saidReasoning;
    private boolean saidArguments;
    private boolean proven;
    private boolean told; // that its message begins, or all of what is not ours
    private boolean refuses;
    private int annotations;
    private int call = -1; // its number once it began
    private String held = "";
  }

  /**
   * No items yet.
   *
   * @param ids gives ids to calls that have none
   */
  Items(Supplier<String> ids) {
    this.ids = ids;
  }

  /** Whether a call began. */
  boolean anyCalls() {
    return calls > 0;
  }

  /** Whether arguments came whose call never began. */
  boolean isIncomplete() {
    return states.values().stream().anyMatch(state -> !state.held.isEmpty());
  }

  /** Whether the item is one that we cannot hand on and must not pass over. */
  static boolean isBeyondUs(Item item) {
    return WANTS_ACTION.contains(item.type);
  }

  /** More text of item {@code place}. */
  void text(
      int place, String text, List<TokenLogprob> logprobs, Consumer<? super StreamEvent> events) {
    if (!text.isEmpty() || !logprobs.isEmpty()) {
      message(place, "", events);
      state(place).saidText = true;
      events.accept(new StreamEvent.TextDelta(text, logprobs));
    }
  }

  /** The text of item {@code place} is a refusal. */
  void refusal(int place, Consumer<? super StreamEvent> events) {
    message(place, "", events);
    if (!state(place).refuses) {
      state(place).refuses = true;
      events.accept(new StreamEvent.RefusalStarted());
    }
  }

  /** An annotation of item {@code place}. */
  void annotation(int place, JsonText json, Consumer<? super StreamEvent> events) {
    state(place).annotations++;
    events.accept(aside(Asides.ANNOTATION, json));
  }

  private static StreamEvent aside(String kind, JsonText json) {
    return new StreamEvent.Aside(Dialect.OPENAI_RESPONSES, kind, json);
  }

  /** A message begins: it is told where it follows another one, or says what it is for. */
  private void message(int place, String phase, Consumer<? super StreamEvent> events) {
    State state = state(place);
    thought = -1;
    if (!state.told && (message >= 0 && message != place || !phase.isEmpty())) {
      var fields = new LinkedHashMap<String, JsonText>();
      if (phase.matches("[a-z_]+")) {
        fields.put("phase", new JsonText('"' + phase + '"'));
      }
      events.accept(aside(Asides.MESSAGE, JsonFields.object(fields)));
    }
    state.told = true;
    message = place;
  }

  /** More reasoning of item {@code place}. */
  void reasoning(int place, String text, Consumer<? super StreamEvent> events) {
    if (!text.isEmpty()) {
      if (thought >= 0 && thought != place) {
        events.accept(aside(Asides.REASONING, JsonText.EMPTY_OBJECT));
      }
      thought = place;
      state(place).saidReasoning = true;
      events.accept(new StreamEvent.ReasoningDelta(text));
    }
  }

  /** Another part of a summary begins. */
  void paragraph(int place, Consumer<? super StreamEvent> events) {
    if (state(place).saidReasoning) {
      events.accept(aside(Asides.PART, JsonText.EMPTY_OBJECT));
      events.accept(new StreamEvent.ReasoningDelta(Asides.PARAGRAPH));
    }
  }

  /**
   * More arguments of item {@code place}.
   *
   * @return false when there are too many before the call's name
   */
  boolean arguments(int place, String json, Consumer<? super StreamEvent> events) {
    State state = state(place);
    if (state.call < 0) {
      state.held += json;
      return state.held.length() <= MOST_HELD;
    }
    if (!json.isEmpty()) {
      state.saidArguments = true;
      events.accept(new StreamEvent.ToolArgumentsDelta(state.call, json));
    }
    return true;
  }

  /** All the arguments of item {@code place}. */
  void allArguments(int place, String json, Consumer<? super StreamEvent> events) {
    State state = state(place);
    if (state.call >= 0 && !state.saidArguments) {
      arguments(place, json, events);
    }
  }

  /** The item {@code place} begins: of a call, its name is known. */
  void begun(int place, Item item, Consumer<? super StreamEvent> events) {
    if (item.type.equals("message")) {
      message(place, item.phase, events);
    } else {
      message = -1;
    }
    if (item.type.equals("function_call") && !item.name.isBlank()) {
      start(state(place), item, events);
      arguments(place, item.arguments, events);
    }
  }

  /** The item {@code place} as a whole. */
  void whole(int place, Item item, Consumer<? super StreamEvent> events) {
    State state = state(place);
    if (!item.type.equals("message")) {
      message = -1;
    }
    switch (item.type) {
      case "message" -> {
        message(place, item.phase, events);
        if (!state.saidText) {
          if (item.refuses) {
            refusal(place, events);
          }
          text(place, item.text.toString(), item.logprobs, events);
        }
        item.annotations.stream()
            .skip(state.annotations)
            .toList()
            .forEach(json -> annotation(place, json, events));
      }
      case "function_call" -> {
        if (!item.name.isBlank()) {
          start(state, item, events);
          allArguments(place, item.arguments, events);
        }
      }
      case "reasoning" -> {
        if (!state.saidReasoning) {
          for (String part : item.reasoning()) {
            paragraph(place, events);
            reasoning(place, part, events);
          }
        }
        proof(state, item.encrypted, events);
      }
      case "" -> {
        // none
      }
      default -> {
        if (!state.told) {
          state.told = true;
          message = -1;
          thought = -1;
          events.accept(aside(Asides.ITEM, item.whole));
        }
      }
    }
  }

  /** Whether more items came than are kept. */
  boolean areTooMany() {
    return states.size() > MOST_ITEMS;
  }

  private void start(State state, Item item, Consumer<? super StreamEvent> events) {
    if (state.call >= 0) {
      return;
    }
    state.call = calls++;
    thought = -1;
    String id = item.callId.isBlank() ? ids.get() : item.callId;
    if (!item.more.isEmpty()) {
      events.accept(aside(Asides.CALL, JsonFields.object(item.more)));
    }
    events.accept(new StreamEvent.ToolCallStarted(state.call, id, item.name));
    if (!state.held.isEmpty()) {
      state.saidArguments = true;
      events.accept(new StreamEvent.ToolArgumentsDelta(state.call, state.held));
      state.held = "";
    }
  }

  private void proof(State state, String data, Consumer<? super StreamEvent> events) {
    if (data.isEmpty() || state.proven) {
      return;
    }
    state.proven = true;
    thought = -1;
    events.accept(
        state.saidReasoning
            ? new StreamEvent.ReasoningSigned(data, Dialect.OPENAI_RESPONSES)
            : new StreamEvent.ReasoningHidden(data, Dialect.OPENAI_RESPONSES));
  }

  private State state(int place) {
    return states.computeIfAbsent(place, _ -> new State());
  }
}
