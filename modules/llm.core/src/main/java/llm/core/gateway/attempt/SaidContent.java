package llm.core.gateway.attempt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;

/**
 * What was asked and answered, for operators who want it in their traces, in the JSON that the
 * conventions name. It is bounded: of long texts the beginning, of long talks the end. Used by one
 * thread at a time.
 */
final class SaidContent {
  /** Of one text. */
  static final int MOST_CHARS = 8 * 1024;

  /** Of all that was asked; the newest message is there whatever its length. */
  private static final int MOST_BYTES = 60 * 1024;

  /** Calls of one answer. */
  private static final int MOST_CALLS = 16;

  private final StringBuilder text = new StringBuilder();
  private final JsonOut calls = new JsonOut(64);
  private final StringBuilder arguments = new StringBuilder();
  private String callId = "";
  private String callName = "";
  private final Deque<byte[]> done = new ArrayDeque<>(0);

  /** The messages of a request. */
  static String asked(List<Message> messages) {
    var kept = new ArrayDeque<byte[]>();
    int bytes = 0;
    for (Message message : messages.reversed()) {
      byte[] one = json(message);
      bytes += one.length + 1;
      if (bytes > MOST_BYTES && !kept.isEmpty()) {
        break;
      }
      kept.addFirst(one);
    }
    return array(kept);
  }

  private static byte[] json(Message message) {
    var out = new JsonOut(256);
    out.object().field("role", message.role().wireName()).name("parts").array();
    for (Part part : message.parts()) {
      switch (part) {
        case Part.Text(String said, _) when message.toolCallId().isPresent() ->
            out.object()
                .field("type", "tool_call_response")
                .field("id", message.toolCallId().get())
                .field("response", cut(said))
                .endObject();
        case Part.Text(String said, _) -> text(out, said);
        case Part.Image _ -> out.object().field("type", "image").endObject();
        case Part.Foreign foreign -> out.object().field("type", foreign.type()).endObject();
      }
    }
    for (ToolCall call : message.toolCalls()) {
      call(out, call.id(), call.name(), call.arguments().value());
    }
    return out.endArray().endObject().toBytes();
  }

  /** Part of a streamed answer; thoughts are left out, as they are from what is told. */
  void add(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta delta -> append(text, delta.text());
      case StreamEvent.ToolCallStarted(_, String id, String name) -> {
        endCall();
        callId = id;
        callName = name;
      }
      case StreamEvent.ToolArgumentsDelta(_, String json) -> append(arguments, json);
      default -> {
        // says nothing
      }
    }
  }

  /** A whole answer. */
  void add(ChatResult answer) {
    append(text, answer.text());
    for (ToolCall call : answer.toolCalls()) {
      endCall();
      callId = call.id();
      callName = call.name();
      append(arguments, call.arguments().value());
    }
  }

  /** What was answered. */
  String answered(String finishReason) {
    endCall();
    var out = new JsonOut(256);
    out.array().object().field("role", "assistant").name("parts").array();
    if (!text.isEmpty()) {
      text(out, text.toString());
    }
    for (byte[] call : done) {
      out.json(new JsonText(new String(call, StandardCharsets.UTF_8)));
    }
    out.endArray();
    if (!finishReason.isEmpty()) {
      out.field("finish_reason", finishReason);
    }
    return new String(out.endObject().endArray().toBytes(), StandardCharsets.UTF_8);
  }

  private void endCall() {
    if (!callName.isEmpty() && done.size() < MOST_CALLS) {
      call(calls.clear(), callId, callName, arguments.toString());
      done.add(calls.toBytes());
    }
    callName = "";
    arguments.setLength(0);
  }

  private static void append(StringBuilder to, String more) {
    int room = MOST_CHARS - to.length();
    to.append(more, 0, Math.min(room, more.length()));
  }

  private static void text(JsonOut out, String said) {
    out.object().field("type", "text").field("content", cut(said)).endObject();
  }

  private static void call(JsonOut out, String id, String name, String arguments) {
    out.object()
        .field("type", "tool_call")
        .field("id", id)
        .field("name", name)
        .field("arguments", cut(arguments))
        .endObject();
  }

  private static String cut(String said) {
    return said.length() <= MOST_CHARS ? said : said.substring(0, MOST_CHARS);
  }

  private static String array(Deque<byte[]> elements) {
    var all = new StringBuilder("[");
    for (byte[] element : elements) {
      all.append(all.length() > 1 ? "," : "").append(new String(element, StandardCharsets.UTF_8));
    }
    return all.append(']').toString();
  }
}
