package llm.core.dialect.anthropic;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.core.sse.SseFrame;
import llm.domain.chat.JsonText;

/**
 * Writes the blocks of one stream, one after another: what is of another kind than the open block
 * ends it and begins the next. Not thread-safe; one stream's.
 */
final class BlockFrames {
  private static final byte[] START = event("content_block_start");
  private static final byte[] DELTA = event("content_block_delta");
  private static final byte[] STOP = event("content_block_stop");
  private static final byte[] BLOCK = ascii(",\"content_block\":");
  private static final byte[] NO_TEXT =
      ascii("{\"type\":\"text\",\"text\":\"\",\"citations\":null}");
  private static final byte[] NO_THOUGHT =
      ascii("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
  private static final byte[] TEXT = delta("text_delta", "text");
  private static final byte[] THINKING = delta("thinking_delta", "thinking");
  private static final byte[] SIGNATURE = delta("signature_delta", "signature");
  private static final byte[] INPUT = delta("input_json_delta", "partial_json");
  private static final byte[] CLOSE_DELTA = ascii("\"}}" + SseFrame.END);
  private static final byte[] CITATION =
      ascii(",\"delta\":{\"type\":\"citations_delta\",\"citation\":");
  private static final byte[] CLOSE_CITATION = ascii("}}" + SseFrame.END);
  private static final byte[] CLOSE = ascii("}" + SseFrame.END);

  private enum Open {
    NOTHING,
    TEXT,
    THINKING,
    CALL
  }

  private final JsonOut out;
  private Open open = Open.NOTHING;
  private byte[] opening = new byte[0]; // of the open block's deltas, up to their text
  private int index = -1; // of the block that is or was open

  /** Frames that are written to {@code out}. */
  BlockFrames(JsonOut out) {
    this.out = out;
  }

  void text(String text) {
    begin(Open.TEXT, NO_TEXT, TEXT);
    delta(text);
  }

  void thinking(String thought) {
    begin(Open.THINKING, NO_THOUGHT, THINKING);
    delta(thought);
  }

  /** Signs the thought that is open, or one that is not shown, and ends it. */
  void signature(String signature) {
    begin(Open.THINKING, NO_THOUGHT, THINKING);
    out.raw(DELTA).raw(number()).raw(SIGNATURE).escaped(signature).raw(CLOSE_DELTA);
    end();
  }

  /** A whole block of a thought that nobody may read. */
  void hidden(String data) {
    startBlock();
    out.object().field("type", "redacted_thinking").field("data", data).endObject().raw(CLOSE);
    stopBlock();
  }

  /** A whole block that came as it is. */
  void block(JsonText json) {
    startBlock();
    out.json(json).raw(CLOSE);
    stopBlock();
  }

  /** A citation of the text that is open, or of none. */
  void citation(JsonText json) {
    begin(Open.TEXT, NO_TEXT, TEXT);
    out.raw(DELTA).raw(number()).raw(CITATION).json(json).raw(CLOSE_CITATION);
  }

  /** Ends the text that is open: what follows is another one. */
  void endText() {
    if (open == Open.TEXT) {
      end();
    }
  }

  /** Begins a block of a call. */
  void call(String id, String name, Optional<JsonText> caller) {
    startBlock();
    AnthropicResponses.toolUse(id, name, JsonText.EMPTY_OBJECT, caller, out);
    out.raw(CLOSE);
    opened(Open.CALL, INPUT);
  }

  /** More of the open call's arguments. */
  void arguments(String json) {
    delta(json);
  }

  /** Ends the open block, if there is one. */
  void end() {
    if (open != Open.NOTHING) {
      stopBlock();
    }
  }

  private void begin(Open kind, byte[] block, byte[] delta) {
    if (open != kind) {
      startBlock();
      out.raw(block).raw(CLOSE);
      opened(kind, delta);
    }
  }

  private void delta(String text) {
    out.raw(opening).escaped(text).raw(CLOSE_DELTA);
  }

  private void startBlock() {
    end();
    index++;
    out.raw(START).raw(number()).raw(BLOCK);
  }

  private void stopBlock() {
    out.raw(STOP).raw(number()).raw(CLOSE);
    open = Open.NOTHING;
  }

  private void opened(Open kind, byte[] delta) {
    open = kind;
    opening = join(DELTA, number(), delta);
  }

  private byte[] number() {
    return ascii(Integer.toString(index));
  }

  /** An event up to the block's index. */
  private static byte[] event(String type) {
    return ascii("event: " + type + "\n" + SseFrame.DATA + "{\"type\":\"" + type + "\",\"index\":");
  }

  /** A delta from behind the index up to its text. */
  private static byte[] delta(String type, String field) {
    return ascii(",\"delta\":{\"type\":\"" + type + "\",\"" + field + "\":\"");
  }

  private static byte[] join(byte[]... pieces) {
    var joined = new JsonOut(128);
    for (byte[] piece : pieces) {
      joined.raw(piece);
    }
    return joined.toBytes();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
