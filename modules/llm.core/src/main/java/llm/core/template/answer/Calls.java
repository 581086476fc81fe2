package llm.core.template.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import llm.domain.chat.StreamEvent;

/** The events of an answer, in order; neighbours of a kind are joined. One generation. */
final class Calls {
  private final Set<String> tools;
  private final Supplier<String> ids;
  private final List<StreamEvent> events = new ArrayList<>();
  private int count;

  Calls(Set<String> tools, Supplier<String> ids) {
    this.tools = Set.copyOf(tools);
    this.ids = ids;
  }

  boolean isOffered(String name) {
    return tools.contains(name);
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

  void begin(String name) {
    events.add(new StreamEvent.ToolCallStarted(count++, ids.get(), name));
  }

  void arguments(CharSequence json) {
    if (json.isEmpty()) {
      return;
    }
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
