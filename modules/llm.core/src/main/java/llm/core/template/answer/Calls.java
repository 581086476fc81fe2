package llm.core.template.answer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolDefinition;

/** The events of an answer, in order; neighbours of a kind are joined. One generation. */
final class Calls {
  private final Map<String, ToolDefinition> tools = new HashMap<>();
  private final Supplier<String> ids;
  private final List<StreamEvent> events = new ArrayList<>();
  private int count;
  private PartialJson argument = new PartialJson(); // those of the call that was begun last
  private boolean said; // anything of them
  private boolean broken; // those of a call before it

  Calls(List<ToolDefinition> tools, Supplier<String> ids) {
    tools.forEach(tool -> this.tools.put(tool.name(), tool));
    this.ids = ids;
  }

  boolean isOffered(String name) {
    return tools.containsKey(name);
  }

  /** Whether a tool was offered whose name begins so. */
  boolean mayBeOffered(CharSequence beginning) {
    return tools.keySet().stream().anyMatch(name -> name.startsWith(beginning.toString()));
  }

  /** What the parameters of a tool are; of one that was not offered nothing is known. */
  ParameterTypes types(String name) {
    ToolDefinition tool = tools.get(name);
    return new ParameterTypes(tool == null ? JsonText.EMPTY_OBJECT : tool.parameters());
  }

  /** How many calls were begun. */
  int count() {
    return count;
  }

  void text(CharSequence text) {
    if (text.isEmpty()) {
      return;
    }
    if (!events.isEmpty() && events.getLast() instanceof StreamEvent.TextDelta(String before, _)) {
      events.set(events.size() - 1, new StreamEvent.TextDelta(before + text));
    } else {
      events.add(new StreamEvent.TextDelta(text.toString()));
    }
  }

  void reasoning(CharSequence text) {
    if (text.isEmpty()) {
      return;
    }
    if (!events.isEmpty()
        && events.getLast() instanceof StreamEvent.ReasoningDelta(String before)) {
      events.set(events.size() - 1, new StreamEvent.ReasoningDelta(before + text));
    } else {
      events.add(new StreamEvent.ReasoningDelta(text.toString()));
    }
  }

  /** Whether the arguments of all calls are whole: objects, or left out. */
  boolean areWhole() {
    boolean whole = argument.end() && argument.root().orElse(null) instanceof JsonNode.ObjectNode;
    return !broken && (whole || !said);
  }

  void begin(String name) {
    broken = !areWhole();
    argument = new PartialJson();
    said = false;
    events.add(new StreamEvent.ToolCallStarted(count++, ids.get(), name));
  }

  void arguments(CharSequence json) {
    if (json.isEmpty()) {
      return;
    }
    argument.feed(json);
    said |= !json.toString().isBlank();
    int index = count - 1;
    if (!events.isEmpty()
        && events.getLast() instanceof StreamEvent.ToolArgumentsDelta(int same, String before)
        && same == index) {
      events.set(events.size() - 1, new StreamEvent.ToolArgumentsDelta(index, before + json));
    } else {
      events.add(new StreamEvent.ToolArgumentsDelta(index, json.toString()));
    }
  }

  List<StreamEvent> take() {
    List<StreamEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }
}
