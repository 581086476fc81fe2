package llm.core.dialect.openai.upstream;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.upstream.Chunk.ToolFragment;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;

/**
 * Puts the fragments of tool calls in their places, and numbers the calls 0, 1, … as they begin.
 * Servers differ: the index is missing, or 0 for each of several calls; the id is missing; the name
 * comes again, or empty, with each fragment; a call comes whole in one chunk.
 */
final class ToolCalls {
  private static final int MOST_CALLS = 1024;

  /** The most characters of arguments that wait for their call's name. */
  private static final int MOST_HELD = 64 * 1024;

  private final List<Open> calls = new ArrayList<>(2);
  private final Supplier<String> ids;

  /** A call that began; without a name it is held back. */
  private static final class Open {
    private final int number;
    private final Optional<Integer> index;
    private String id;
    private String name;
    private String held = "";
    private boolean started;

    private Open(int number, ToolFragment first) {
      this.number = number;
      this.index = first.index();
      this.id = first.id();
      this.name = first.name();
    }
  }

  /**
   * No calls yet.
   *
   * @param ids gives ids to calls that have none
   */
  ToolCalls(Supplier<String> ids) {
    this.ids = ids;
  }

  /** Whether a call began. */
  boolean any() {
    return !calls.isEmpty();
  }

  /** Whether a call began that has no name yet. */
  boolean isIncomplete() {
    return calls.stream().anyMatch(call -> !call.started);
  }

  /**
   * Takes a fragment and hands out the events it makes.
   *
   * @return false when there are too many calls, or arguments without a name
   */
  boolean take(ToolFragment fragment, Consumer<? super StreamEvent> events) {
    Open call = find(fragment);
    if (call == null) {
      if (calls.size() == MOST_CALLS) {
        return false;
      }
      call = new Open(calls.size(), fragment);
      calls.add(call);
    } else if (!call.started) {
      call.id = call.id.isBlank() ? fragment.id() : call.id;
      call.name = call.name.isBlank() ? fragment.name() : call.name;
    }
    if (!fragment.custom().isEmpty()) {
      custom(call, fragment, events);
      return true;
    }
    pass(call, fragment.arguments(), events);
    return call.held.length() <= MOST_HELD;
  }

  /** A call of no function goes on as it is, in its place among the others. */
  private void custom(Open call, ToolFragment fragment, Consumer<? super StreamEvent> events) {
    var out = new JsonOut(128).object().name("tool_calls").array().object();
    out.field("index", call.number);
    if (!call.started) {
      call.started = true;
      call.id = call.id.isBlank() ? ids.get() : call.id;
      out.field("id", call.id);
    }
    fragment.custom().forEach((name, value) -> out.name(name).json(value));
    byte[] delta = out.endObject().endArray().endObject().toBytes();
    var json = new JsonText(new String(delta, StandardCharsets.UTF_8));
    events.accept(new StreamEvent.Aside(Dialect.OPENAI_CHAT, ChunkReader.ASIDE, json));
  }

  private void pass(Open call, String arguments, Consumer<? super StreamEvent> events) {
    if (call.name.isBlank()) {
      call.held += arguments;
      return;
    }
    if (!call.started) {
      call.started = true;
      String id = call.id.isBlank() ? ids.get() : call.id;
      events.accept(new StreamEvent.ToolCallStarted(call.number, id, call.name));
    }
    String all = call.held + arguments;
    call.held = "";
    if (!all.isEmpty()) {
      events.accept(new StreamEvent.ToolArgumentsDelta(call.number, all));
    }
  }

  /** The call that the fragment goes on with; null when it begins one. */
  private Open find(ToolFragment fragment) {
    for (int i = calls.size() - 1; i >= 0; i--) {
      if (continues(calls.get(i), fragment)) {
        return calls.get(i);
      }
    }
    boolean nameless = fragment.id().isBlank() && fragment.name().isBlank();
    boolean placeless = fragment.index().isEmpty();
    return nameless && placeless && any() ? calls.getLast() : null;
  }

  private static boolean continues(Open call, ToolFragment fragment) {
    boolean sameId = !fragment.id().isBlank() && fragment.id().equals(call.id);
    boolean sameIndex = fragment.index().isPresent() && fragment.index().equals(call.index);
    boolean otherCall = differ(fragment.id(), call.id) || differ(fragment.name(), call.name);
    return sameId && (fragment.index().isEmpty() || sameIndex) || sameIndex && !otherCall;
  }

  private static boolean differ(String one, String other) {
    return !one.isBlank() && !other.isBlank() && !one.equals(other);
  }
}
