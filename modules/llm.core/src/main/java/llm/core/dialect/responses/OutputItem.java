package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.LogprobsWriter;
import llm.domain.chat.JsonText;
import llm.domain.chat.TokenLogprob;

/** One item of an answer, as far as it came. Not thread-safe. */
final class OutputItem {
  private final Kind kind;
  private final int index;
  private final String id;
  private final String callId;
  private final String name;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> ends = new ArrayList<>(0); // of parts of reasoning, but the last
  private final List<TokenLogprob> logprobs = new ArrayList<>(0);
  private Optional<String> encrypted = Optional.empty();
  private final List<JsonText> annotations = new ArrayList<>(0);
  private Map<String, JsonText> more = Map.of(); // fields beside ours
  private JsonText whole = JsonText.EMPTY_OBJECT;
  private boolean refuses;
  private ResponseStatus status = ResponseStatus.IN_PROGRESS;

  /** What an item is. */
  enum Kind {
    /** Text for the user. */
    MESSAGE("msg"),
    /** What the model thought. */
    REASONING("rs"),
    /** A call of a function. */
    CALL("fc"),
    /** What only this dialect knows; it has ids of its own. */
    OTHER("");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    /** What ids of such items begin with. */
    String prefix() {
      return prefix;
    }
  }

  OutputItem(Kind kind, int index, String id) {
    this(kind, index, id, "", "");
  }

  OutputItem(Kind kind, int index, String id, String callId, String name) {
    this.kind = kind;
    this.index = index;
    this.id = id;
    this.callId = callId;
    this.name = name;
  }

  Kind kind() {
    return kind;
  }

  /** Its place in the answer, from 0. */
  int index() {
    return index;
  }

  String id() {
    return id;
  }

  String name() {
    return name;
  }

  /** Text, reasoning or arguments so far. */
  StringBuilder text() {
    return text;
  }

  /** Another part of reasoning begins. */
  void beginPart() {
    ends.add(text.length());
  }

  /** The place of the part that came last. */
  int part() {
    return ends.size();
  }

  /** The part that came last, so far. */
  String partText() {
    return text.substring(ends.isEmpty() ? 0 : ends.getLast());
  }

  List<TokenLogprob> logprobs() {
    return logprobs;
  }

  /** Annotations of its text, as they are. */
  List<JsonText> annotations() {
    return annotations;
  }

  /** Fields of a message or a call beside ours. */
  void more(Map<String, JsonText> fields) {
    more = fields;
  }

  /** All of an item that is not ours. */
  void whole(JsonText json) {
    whole = json;
  }

  /** Its text says why the model does not answer. */
  void refuse() {
    refuses = true;
  }

  /** Whether its text says why the model does not answer. */
  boolean refuses() {
    return refuses;
  }

  /** Whether nothing more comes. */
  boolean isOver() {
    return status.isOver();
  }

  void end(ResponseStatus how) {
    status = how;
  }

  /** The provider's proof, or the thought itself where only it can read that. */
  void encrypted(String data) {
    encrypted = Optional.of(data);
  }

  /** Writes it with what came so far. */
  void write(boolean summary, JsonOut out) {
    if (kind == Kind.OTHER) {
      out.json(whole);
      return;
    }
    out.object().field("id", id);
    switch (kind) {
      case OTHER -> throw new IllegalStateException("is written as it is");
      case MESSAGE -> message(out);
      case REASONING -> reasoning(summary, out);
      case CALL -> {
        out.field("type", "function_call")
            .field("call_id", callId)
            .field("name", name)
            .field("arguments", text.toString());
        more.forEach((field, value) -> out.name(field).json(value));
      }
    }
    out.field("status", status.wireName()).endObject();
  }

  private void message(JsonOut out) {
    out.field("type", "message").field("role", "assistant").name("content").array();
    if (isOver() || !text.isEmpty() || !logprobs.isEmpty()) {
      part(true, out);
    }
    out.endArray();
    more.forEach((name, value) -> out.name(name).json(value));
  }

  /**
   * Writes the one part of a text.
   *
   * @param whole with what came; else empty, as it begins
   */
  void part(boolean whole, JsonOut out) {
    String said = whole ? text.toString() : "";
    if (refuses) {
      out.object().field("type", "refusal").field("refusal", said).endObject();
      return;
    }
    out.object().field("type", "output_text").field("text", said).name("annotations").array();
    if (whole) {
      annotations.forEach(out::json);
    }
    out.endArray().name("logprobs");
    LogprobsWriter.tokens(whole ? logprobs : List.of(), out);
    out.endObject();
  }

  private void reasoning(boolean summary, JsonOut out) {
    out.field("type", "reasoning").name("summary").array();
    boolean isSaid = !text.isEmpty();
    if (summary && isSaid) {
      thoughts("summary_text", out);
    }
    out.endArray();
    if (!summary && isSaid) {
      out.name("content").array();
      thoughts("reasoning_text", out);
      out.endArray();
    }
    encrypted.ifPresent(data -> out.field("encrypted_content", data));
  }

  private void thoughts(String type, JsonOut out) {
    int begin = 0;
    for (int end : ends) {
      thought(type, text.substring(begin, end), out);
      begin = end;
    }
    thought(type, text.substring(begin), out);
  }

  /** Writes a part of reasoning. */
  static void thought(String type, String text, JsonOut out) {
    out.object().field("type", type).field("text", text).endObject();
  }
}
