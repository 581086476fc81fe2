package llm.core.dialect.anthropic;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.anthropic.StreamedCall.Place;
import llm.core.dialect.json.JsonOut;
import llm.core.sse.SseFrame;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.error.LlmError;

/**
 * Writes the events of one stream as those of the Messages dialect
 * (https://docs.claude.com/en/docs/build-with-claude/streaming): {@code message_start}, blocks one
 * after another, {@code message_delta} with the reason of the end and the usage, {@code
 * message_stop}. A token costs the escaping of its text into a buffer that is used again, and one
 * {@code write} of the sink.
 *
 * <p>One block is open at a time. Calls whose arguments come by turns are put one after another:
 * what comes while an earlier call's arguments are not at their end is held, at most {@link
 * #MOST_HELD} characters of it.
 *
 * <p>Only {@code Done} ends with {@code message_stop}. Any other end is an event {@code error},
 * upon which the official clients raise; so is one that this dialect cannot say. Not thread-safe;
 * one stream each.
 */
public final class AnthropicStreamWriter {
  /** The most characters that are held, with {@link #ENTRY} for each thing that waits. */
  static final int MOST_HELD = 4 << 20;

  private static final int ENTRY = 64;
  private static final byte[] END = ascii(SseFrame.END);
  private static final byte[] MESSAGE_START = ascii("event: message_start\n" + SseFrame.DATA);
  private static final byte[] MESSAGE_DELTA = ascii("event: message_delta\n" + SseFrame.DATA);
  private static final byte[] MESSAGE_STOP =
      ascii("event: message_stop\n" + SseFrame.DATA + "{\"type\":\"message_stop\"}" + SseFrame.END);
  private static final byte[] PING =
      ascii("event: ping\n" + SseFrame.DATA + "{\"type\":\"ping\"}" + SseFrame.END);
  private static final byte[] ERROR = ascii("event: error\n" + SseFrame.DATA);

  /** Fields of an answer that stand beside the delta of the last event, not in it. */
  private static final Set<String> BESIDE = Set.of("context_management");

  private final JsonOut out = new JsonOut(1024);
  private final BlockFrames frames = new BlockFrames(out);
  private final String id;
  private final String requestId;
  private final Map<Integer, StreamedCall> calls = new LinkedHashMap<>(4);
  private final Deque<Object> waiting = new ArrayDeque<>(4); // StreamedCall, or other StreamEvent
  private Optional<StreamedCall> open = Optional.empty(); // the call whose block is open
  private long held;
  private Optional<JsonText> caller = Optional.empty(); // of the next call
  private boolean refuses;
  private boolean over;

  /**
   * A writer for one stream.
   *
   * @param id the message's id, as {@code msg_…}
   * @param requestId what errors name
   */
  public AnthropicStreamWriter(String id, String requestId) {
    this.id = id;
    this.requestId = requestId;
  }

  /**
   * Writes the frames of {@code event}, in one call of the sink or none; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(StreamEvent event, OutputStream sink) throws IOException {
    if (over) {
      return;
    }
    out.clear();
    switch (event) {
      case StreamEvent.Started started -> start(started.model());
      case StreamEvent.ToolCallStarted call -> call(new StreamedCall(call));
      case StreamEvent.ToolArgumentsDelta delta -> arguments(delta);
      case StreamEvent.RefusalStarted _ -> refuses = true;
      case StreamEvent.Aside aside when aside.dialect() != Dialect.ANTHROPIC -> {
        // this dialect has no place for it
      }
      case StreamEvent.Done done -> done(done);
      case StreamEvent.Failed failed -> error(failed.error());
      case StreamEvent.Cancelled cancelled -> error(new LlmError.Cancelled(cancelled.reason()));
      default -> {
        if (isBlocked()) {
          wait(event, length(event));
        } else {
          say(event);
        }
      }
    }
    if (out.size() > 0) {
      out.writeTo(sink);
    }
  }

  private void start(String model) {
    out.raw(MESSAGE_START)
        .object()
        .field("type", "message_start")
        .name("message")
        .object()
        .field("id", id)
        .field("type", "message")
        .field("role", "assistant")
        .field("model", model)
        .name("content")
        .array()
        .endArray()
        .name("stop_reason")
        .nothing()
        .name("stop_sequence")
        .nothing()
        .name("usage");
    AnthropicResponses.usage(Usage.NONE, out); // what it was is known at the end
    out.endObject().endObject().raw(END).raw(PING);
  }

  /** Words and thoughts; no other block is in the way. */
  private void say(StreamEvent event) {
    if (isEmpty(event)) {
      return;
    }
    leaveCall();
    switch (event) {
      case StreamEvent.TextDelta delta -> frames.text(delta.text());
      case StreamEvent.ReasoningDelta(String text) -> frames.thinking(text);
      case StreamEvent.ReasoningSigned(String signature, Dialect dialect) ->
          frames.signature(new Proof(dialect, signature).in(Dialect.ANTHROPIC));
      case StreamEvent.ReasoningHidden(String data, Dialect dialect) ->
          frames.hidden(new Proof(dialect, data).in(Dialect.ANTHROPIC));
      case StreamEvent.Aside(Dialect _, String kind, JsonText json) -> aside(kind, json);
      default -> throw new IllegalArgumentException("no words: " + event);
    }
  }

  private void aside(String kind, JsonText json) {
    switch (kind) {
      case Asides.BLOCK -> frames.block(json);
      case Asides.CITATION -> frames.citation(json);
      case Asides.TEXT -> frames.endText();
      case Asides.CALLER -> caller = Optional.of(json);
      default -> {
        // nobody's
      }
    }
  }

  private static boolean isEmpty(StreamEvent event) {
    return switch (event) {
      case StreamEvent.TextDelta delta -> delta.text().isEmpty();
      case StreamEvent.ReasoningDelta delta -> delta.text().isEmpty();
      default -> false;
    };
  }

  private void call(StreamedCall call) {
    calls.put(call.start().index(), call);
    if (isBlocked()) {
      wait(call, call.start().id().length() + call.start().name().length());
    } else {
      begin(call);
    }
  }

  private void arguments(StreamEvent.ToolArgumentsDelta delta) {
    StreamedCall call = calls.get(delta.index());
    call.note(delta.json());
    switch (call.place()) {
      case OPEN -> {
        frames.arguments(delta.json());
        drain(false);
      }
      case WAITS -> {
        call.hold(delta.json());
        hold(delta.json().length());
      }
      case CLOSED -> {
        if (!delta.json().isBlank()) {
          error(AnthropicResponses.noObject(call.start().name()));
        }
      }
    }
  }

  private void done(StreamEvent.Done done) {
    drain(true);
    frames.end();
    for (StreamedCall call : calls.values()) {
      if (!call.isObject() && !AnthropicResponses.isCut(done.finishReason())) {
        error(AnthropicResponses.noObject(call.start().name()));
        return;
      }
    }
    Map<String, JsonText> more = done.extensions().in(Dialect.ANTHROPIC);
    out.raw(MESSAGE_DELTA).object().field("type", "message_delta").name("delta").object();
    AnthropicResponses.stop(
        StopReasons.of(done.finishReason(), done.stopSequence(), !calls.isEmpty(), refuses),
        done.stopSequence().orElse(""),
        more,
        out);
    AnthropicResponses.answer(more, BESIDE, out);
    out.endObject();
    BESIDE.forEach(name -> {
      if (more.containsKey(name)) {
        out.name(name).json(more.get(name));
      }
    });
    out.name("usage");
    AnthropicResponses.usage(done.usage(), more, out);
    out.endObject().raw(END).raw(MESSAGE_STOP);
    over = true;
  }

  private void error(LlmError error) {
    out.raw(ERROR);
    AnthropicErrors.write(error, requestId, out).raw(END);
    over = true;
  }

  /** Whether the open block is a call that is not at its end, so that no other may begin. */
  private boolean isBlocked() {
    return open.isPresent() && !open.get().isComplete();
  }

  private void wait(Object what, int characters) {
    waiting.add(what);
    hold(ENTRY + characters);
  }

  private void hold(int characters) {
    held += characters;
    if (held > MOST_HELD) {
      String sentence =
          "The model's tool calls came by turns, and more than "
              + MOST_HELD
              + " characters had to wait for an earlier one's end; ask for one call at a time.";
      error(new LlmError.ProviderFailed("", sentence));
    }
  }

  /** Writes what waits, as far as nothing is in the way; all of it at the stream's end. */
  private void drain(boolean all) {
    while (!waiting.isEmpty() && (all || !isBlocked())) {
      switch (waiting.poll()) {
        case StreamedCall call -> {
          begin(call);
          String arguments = call.held();
          held -= arguments.length();
          if (!arguments.isEmpty()) {
            frames.arguments(arguments);
          }
        }
        case StreamEvent event -> say(event);
        case Object other -> throw new IllegalStateException("nothing else waits: " + other);
      }
    }
    held = waiting.isEmpty() ? 0 : held;
  }

  private void begin(StreamedCall call) {
    leaveCall();
    frames.call(call.start().id(), call.start().name(), caller);
    caller = Optional.empty();
    open = Optional.of(call);
    call.moveTo(Place.OPEN);
  }

  private void leaveCall() {
    if (open.isPresent()) {
      open.get().moveTo(Place.CLOSED);
      open = Optional.empty();
    }
  }

  private static int length(StreamEvent event) {
    return switch (event) {
      case StreamEvent.TextDelta delta -> delta.text().length();
      case StreamEvent.ReasoningDelta delta -> delta.text().length();
      case StreamEvent.ReasoningSigned signed -> signed.signature().length();
      case StreamEvent.ReasoningHidden hidden -> hidden.data().length();
      default -> 0;
    };
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
