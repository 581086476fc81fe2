package llm.core.conversation.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalDouble;
import llm.core.conversation.TurnEvent;
import llm.core.conversation.TurnReport;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.llm.LlmErrors;
import llm.core.dialect.llm.LlmResponses;
import llm.core.sse.SseFrame;
import llm.domain.chat.FinishReason;
import llm.domain.error.LlmError;

/**
 * Writes the events of one turn as frames: {@code turn_started}, {@code chunk} for each piece of
 * the answer ({@code text_chunk}, {@code is_final_chunk}), and last {@code turn_finished} with how
 * it went, or {@code turn_failed} with {@code error} too. Not thread-safe; one turn each.
 */
public final class TurnWriter {
  private static final byte[] DATA = ascii(SseFrame.DATA);
  private static final byte[] END = ascii(SseFrame.END);
  private static final byte[] CHUNK =
      ascii(SseFrame.DATA + "{\"type\":\"chunk\",\"text_chunk\":\"");
  private static final byte[] CLOSE_CHUNK = ascii("\",\"is_final_chunk\":false}" + SseFrame.END);
  private static final byte[] CLOSE_LAST_CHUNK =
      ascii("\",\"is_final_chunk\":true}" + SseFrame.END);

  private final JsonOut out = new JsonOut(512);
  private final String requestId;

  /** A writer for one turn; errors name {@code requestId}. */
  public TurnWriter(String requestId) {
    this.requestId = requestId;
  }

  /**
   * Writes the frame of {@code event}, in one call of the sink; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(TurnEvent event, OutputStream sink) throws IOException {
    out.clear();
    switch (event) {
      case TurnEvent.Started(String conversation, String turn, boolean replayed) -> {
        out.raw(DATA).object().field("type", "turn_started");
        out.field("conversation_id", conversation).field("turn_id", turn);
        out.name("replayed").value(replayed).endObject().raw(END);
      }
      case TurnEvent.Chunk(String text, boolean isFinal, Optional<TurnEvent.Metadata> judged) -> {
        if (judged.isEmpty()) {
          out.raw(CHUNK).escaped(text).raw(isFinal ? CLOSE_LAST_CHUNK : CLOSE_CHUNK);
        } else {
          judged(text, isFinal, judged.get());
        }
      }
      case TurnEvent.Finished(TurnReport report) -> {
        out.raw(DATA).object().field("type", "turn_finished");
        report(report);
        out.endObject().raw(END);
      }
      case TurnEvent.Failed(LlmError error, TurnReport report) ->
          failed(error, Optional.of(report));
      case TurnEvent.Cancelled(var reason, TurnReport report) ->
          failed(new LlmError.Cancelled(reason), Optional.of(report));
    }
    out.writeTo(sink);
  }

  /** Writes the frame of an error that the turn does not know of. */
  public void write(LlmError error, OutputStream sink) throws IOException {
    out.clear();
    failed(error, Optional.empty());
    out.writeTo(sink);
  }

  private void judged(String text, boolean isFinal, TurnEvent.Metadata judged) {
    out.raw(DATA).object().field("type", "chunk").field("text_chunk", text);
    out.name("is_final_chunk").value(isFinal).name("is_safe").value(judged.isSafe());
    out.name("aggression_score").value(judged.aggressionScore()).endObject().raw(END);
  }

  private void failed(LlmError error, Optional<TurnReport> report) {
    out.raw(DATA).object().field("type", "turn_failed");
    LlmErrors.field(error, requestId, out);
    report.ifPresent(this::report);
    out.endObject().raw(END);
  }

  private void report(TurnReport report) {
    out.field("turn_id", report.turn())
        .fieldOrNull("finish_reason", report.finish().map(FinishReason::wireName))
        .name("usage");
    LlmResponses.usage(report.usage(), out);
    number("time_to_first_token_ms", report.timeToFirstTokenMs());
    number("first_answer_ms", report.firstAnswerMs());
    number("response_total_ms", report.responseTotalMs());
    out.name("context_ratio_before").value(rounded(report.contextRatioBefore()));
    out.name("context_ratio_after").value(rounded(report.contextRatioAfter()));
    number("handover_ms", report.handoverMs());
    out.field("left_out_messages", report.leftOutMessages());
    out.name("durable").value(report.durable());
    out.field("request_id", requestId);
  }

  private void number(String name, OptionalDouble value) {
    out.name(name);
    if (value.isPresent()) {
      out.value(rounded(value.getAsDouble()));
    } else {
      out.nothing();
    }
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
