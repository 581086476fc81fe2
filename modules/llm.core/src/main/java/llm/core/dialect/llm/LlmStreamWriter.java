package llm.core.dialect.llm;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.LogprobsWriter;
import llm.core.sse.SseFrame;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.error.LlmError;

/**
 * Writes the events of one stream as the frames of {@code POST /llm/stream}: {@code
 * {"token":"…","is_final":false}} for text, with {@code logprobs} where they were asked for, {@code
 * {"reasoning":"…","is_final":false}} for reasoning, {@code {"tool_call":{…},"is_final":false}} for
 * each tool call, and last {@code {"is_final":true,"finish_reason":…,"usage":{…}}} without a token.
 *
 * <p>A stream that did not end as done has no final frame: its last frame is {@code {"error":{…}}}.
 * Not thread-safe; one stream each.
 */
public final class LlmStreamWriter {
  private static final byte[] DATA = ascii(SseFrame.DATA);
  private static final byte[] TOKEN = ascii("{\"token\":\"");
  private static final byte[] REASONING = ascii("{\"reasoning\":\"");
  private static final byte[] CLOSE_TEXT = ascii("\",\"is_final\":false}" + SseFrame.END);
  private static final byte[] END = ascii(SseFrame.END);

  private final JsonOut out = new JsonOut(512);
  private final ResultCollector calls = new ResultCollector("");
  private final String requestId;

  /** A writer for one stream; errors name {@code requestId}. */
  public LlmStreamWriter(String requestId) {
    this.requestId = requestId;
  }

  /**
   * Writes the frames of {@code event}, in one call of the sink or none; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(StreamEvent event, OutputStream sink) throws IOException {
    out.clear();
    switch (event) {
      case StreamEvent.Started _ -> {
        // says nothing in this dialect: the status line has said it
      }
      case StreamEvent.TextDelta delta when delta.logprobs().isEmpty() -> text(TOKEN, delta.text());
      case StreamEvent.TextDelta delta -> textWithLogprobs(delta);
      case StreamEvent.ReasoningDelta delta -> text(REASONING, delta.text());
      case StreamEvent.ReasoningSigned _, StreamEvent.ReasoningHidden _, StreamEvent.Note _ -> {
        // nobody but its provider could read it
      }
      case StreamEvent.ToolCallStarted _, StreamEvent.ToolArgumentsDelta _ -> calls.add(event);
      case StreamEvent.Done done -> done(done);
      case StreamEvent.Failed failed -> error(failed.error());
      case StreamEvent.Cancelled cancelled -> error(new LlmError.Cancelled(cancelled.reason()));
    }
    if (out.size() > 0) {
      out.writeTo(sink);
    }
  }

  private void text(byte[] field, String text) {
    out.raw(DATA).raw(field).escaped(text).raw(CLOSE_TEXT);
  }

  private void textWithLogprobs(StreamEvent.TextDelta delta) {
    out.raw(DATA).object().field("token", delta.text()).name("logprobs");
    LogprobsWriter.tokens(delta.logprobs(), out);
    out.name("is_final").value(false).endObject().raw(END);
  }

  /** Calls may come interleaved, so none is known to be complete before the end. */
  private void toolCalls() {
    for (ToolCall call : calls.toolCalls()) {
      out.raw(DATA).object().name("tool_call");
      LlmResponses.toolCall(call, out);
      out.name("is_final").value(false).endObject().raw(END);
    }
  }

  private void done(StreamEvent.Done done) {
    toolCalls();
    out.raw(DATA)
        .object()
        .name("is_final")
        .value(true)
        .field("finish_reason", done.finishReason().wireName())
        .name("usage");
    LlmResponses.usage(done.usage(), out);
    out.field("request_id", requestId).endObject().raw(END);
  }

  private void error(LlmError error) {
    out.raw(DATA);
    LlmErrors.write(error, requestId, out);
    out.raw(END);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
