package llm.core.dialect.openai;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import llm.core.dialect.json.JsonOut;
import llm.core.sse.SseFrame;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;

/**
 * Writes the events of one stream as {@code chat.completion.chunk} frames. What does not change is
 * prepared once; a token costs the escaping of its text into a buffer that is used again, and one
 * {@code write} of the sink.
 *
 * <p>Only {@code Done} ends with {@code data: [DONE]}. Any other end is a frame {@code data:
 * {"error":{…}}}, upon which the official clients raise. Not thread-safe; one stream each.
 */
public final class OpenAiStreamWriter {
  private static final byte[] CONTENT = ascii("{\"content\":\"");
  private static final byte[] REFUSAL = ascii("{\"refusal\":\"");
  private static final byte[] REASONING = ascii("{\"reasoning_content\":\"");
  private static final byte[] CLOSE_TEXT = ascii("\"}");
  private static final byte[] FIRST_DELTA = ascii("{\"role\":\"assistant\",\"content\":\"\"}");
  private static final byte[] EMPTY_DELTA = ascii("{}");
  private static final byte[] UNFINISHED = ascii(",\"logprobs\":null,\"finish_reason\":null}]");
  private static final byte[] LOGPROBS = ascii(",\"logprobs\":");
  private static final byte[] CLOSE_LOGPROBS = ascii(",\"finish_reason\":null}]");
  private static final byte[] NO_LOGPROBS_YET =
      ascii(",\"logprobs\":{\"content\":[],\"refusal\":null},\"finish_reason\":null}]");
  private static final byte[] FINISHED = ascii(",\"logprobs\":null,\"finish_reason\":\"");
  private static final byte[] CLOSE_REASON = ascii("\"");
  private static final byte[] CLOSE_FINISHED = ascii("}]");
  private static final byte[] DATA = ascii(SseFrame.DATA);
  private static final byte[] CLOSE_FRAME = ascii("}" + SseFrame.END);
  private static final byte[] CLOSE_FRAME_NO_USAGE = ascii(",\"usage\":null}" + SseFrame.END);
  private static final byte[] COMMA = ascii(",");
  private static final byte[] END = ascii(SseFrame.END);
  private static final byte[] DONE = ascii(SseFrame.DATA + "[DONE]" + SseFrame.END);

  private final JsonOut out = new JsonOut(1024);
  private final String id;
  private final long created;
  private String model;
  private byte[] opening; // up to the delta's value
  private byte[] usageOpening; // up to the usage's value
  private final byte[] closing;
  private final boolean includeUsage;
  private final StringBuilder thought = new StringBuilder(); // that comes, for its proof
  private byte[] words = CONTENT; // what text is
  private boolean hasLogprobs;

  /**
   * A writer for one stream.
   *
   * @param id the completion's id, as {@code chatcmpl-…}
   * @param createdEpochSeconds when it began
   * @param model the model that answers, unless {@code Started} names another
   * @param includeUsage whether usage comes in a last chunk of its own, and as null in the others
   */
  public OpenAiStreamWriter(
      String id, long createdEpochSeconds, String model, boolean includeUsage) {
    this.id = id;
    this.created = createdEpochSeconds;
    this.includeUsage = includeUsage;
    answeredBy(model);
    this.closing = includeUsage ? CLOSE_FRAME_NO_USAGE : CLOSE_FRAME;
  }

  private void answeredBy(String name) {
    model = name;
    out.clear();
    out.object()
        .field("id", id)
        .field("object", "chat.completion.chunk")
        .field("created", created)
        .field("model", name)
        .name("choices");
    byte[] common = join(DATA, out.toBytes());
    opening = join(common, ascii("[{\"index\":0,\"delta\":"));
    usageOpening = join(common, ascii("[],\"usage\":"));
  }

  /**
   * Log probabilities were asked for: the first chunk has an empty list of them, so that an answer
   * without a token has one too.
   */
  public OpenAiStreamWriter withLogprobs() {
    hasLogprobs = true;
    return this;
  }

  /**
   * Writes the frames of {@code event}, usually one, in one call of the sink; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(StreamEvent event, OutputStream sink) throws IOException {
    out.clear();
    switch (event) {
      case StreamEvent.Started started -> first(started.model());
      case StreamEvent.TextDelta delta when delta.logprobs().isEmpty() -> text(words, delta.text());
      case StreamEvent.TextDelta delta -> textWithLogprobs(delta);
      case StreamEvent.ReasoningDelta delta -> {
        thought.append(delta.text());
        text(REASONING, delta.text());
      }
      case StreamEvent.ReasoningSigned(String signature, Dialect dialect) ->
          thought(Thought.signed(thought.toString(), new Proof(dialect, signature)));
      case StreamEvent.ReasoningHidden(String data, Dialect dialect) ->
          thought(Thought.hidden(new Proof(dialect, data)));
      case StreamEvent.RefusalStarted _ -> {
        words = REFUSAL;
        return;
      }
      case StreamEvent.Aside(Dialect dialect, String _, JsonText json) -> {
        if (!dialect.isReadAs(Dialect.OPENAI_CHAT)) {
          return; // this dialect has no place for it
        }
        out.raw(opening).json(json).raw(UNFINISHED).raw(closing);
      }
      case StreamEvent.ToolCallStarted call -> toolCall(call);
      case StreamEvent.ToolArgumentsDelta delta -> arguments(delta);
      case StreamEvent.Done done -> done(done);
      case StreamEvent.Failed failed -> error(failed.error());
      case StreamEvent.Cancelled cancelled -> error(new LlmError.Cancelled(cancelled.reason()));
    }
    out.writeTo(sink);
  }

  private void first(String answering) {
    if (!answering.equals(model)) {
      answeredBy(answering);
      out.clear();
    }
    out.raw(opening).raw(FIRST_DELTA).raw(hasLogprobs ? NO_LOGPROBS_YET : UNFINISHED).raw(closing);
  }

  private void text(byte[] field, String text) {
    out.raw(opening).raw(field).escaped(text).raw(CLOSE_TEXT).raw(UNFINISHED).raw(closing);
  }

  private void textWithLogprobs(StreamEvent.TextDelta delta) {
    out.raw(opening).raw(words).escaped(delta.text()).raw(CLOSE_TEXT).raw(LOGPROBS);
    LogprobsWriter.choice(delta.logprobs(), words == REFUSAL, out);
    out.raw(CLOSE_LOGPROBS).raw(closing);
  }

  private void thought(Thought proven) {
    thought.setLength(0);
    out.raw(opening).object();
    ReasoningDetails.write(List.of(proven), out);
    out.endObject().raw(UNFINISHED).raw(closing);
  }

  private void toolCall(StreamEvent.ToolCallStarted call) {
    out.raw(opening)
        .object()
        .name("tool_calls")
        .array()
        .object()
        .field("index", call.index())
        .field("id", call.id())
        .field("type", "function")
        .name("function")
        .object()
        .field("name", call.name())
        .field("arguments", "")
        .endObject()
        .endObject()
        .endArray()
        .endObject()
        .raw(UNFINISHED)
        .raw(closing);
  }

  private void arguments(StreamEvent.ToolArgumentsDelta delta) {
    out.raw(opening)
        .object()
        .name("tool_calls")
        .array()
        .object()
        .field("index", delta.index())
        .name("function")
        .object()
        .field("arguments", delta.json())
        .endObject()
        .endObject()
        .endArray()
        .endObject()
        .raw(UNFINISHED)
        .raw(closing);
  }

  private void done(StreamEvent.Done done) {
    out.raw(opening)
        .raw(EMPTY_DELTA)
        .raw(FINISHED)
        .escaped(done.finishReason().wireName())
        .raw(CLOSE_REASON);
    Map<String, JsonText> more = done.extensions().in(Dialect.OPENAI_CHAT);
    beside(fields -> OpenAiResponses.choice(more, fields));
    out.raw(CLOSE_FINISHED);
    beside(fields -> OpenAiResponses.answer(more, fields));
    out.raw(closing);
    if (includeUsage) {
      out.raw(usageOpening);
      OpenAiResponses.usage(done.usage(), more, out);
      out.raw(CLOSE_FRAME);
    }
    out.raw(DONE);
  }

  /** Adds fields, if there are any, to the object that ends next. */
  private void beside(Consumer<JsonOut> fields) {
    var object = new JsonOut(64);
    fields.accept(object.object());
    byte[] written = object.endObject().toBytes();
    if (written.length > 2) {
      out.raw(COMMA).raw(Arrays.copyOfRange(written, 1, written.length - 1));
    }
  }

  private void error(LlmError error) {
    out.raw(DATA);
    OpenAiErrors.write(error, out).raw(END);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
