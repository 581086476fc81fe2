package llm.core.dialect.completions;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.OpenAiResponses;
import llm.core.sse.SseFrame;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * Writes a {@code text_completion}, whole or as frames. Reasoning has no place in it and is left
 * out. Only {@code Done} ends with {@code data: [DONE]}; any other end is a frame {@code data:
 * {"error":{…}}}. Not thread-safe; one answer each.
 */
public final class CompletionWriter {
  private static final byte[] DATA = ascii(SseFrame.DATA);
  private static final byte[] END = ascii(SseFrame.END);
  private static final byte[] DONE = ascii(SseFrame.DATA + "[DONE]" + SseFrame.END);

  private final JsonOut out = new JsonOut(1_024);
  private final String id;
  private final long createdEpochSeconds;
  private final CompletionCall call;
  private String model;
  private int offset; // characters of text so far

  /**
   * A writer for one answer.
   *
   * @param id the completion's id, as {@code cmpl-…}
   * @param createdEpochSeconds when it began
   */
  public CompletionWriter(String id, long createdEpochSeconds, CompletionCall call) {
    this.id = id;
    this.createdEpochSeconds = createdEpochSeconds;
    this.call = call;
    this.model = call.request().model().value();
  }

  /** The whole answer. */
  public byte[] whole(ChatResult result) {
    model = result.model();
    String text = call.echo().orElse("") + result.text();
    begin();
    choice(text, result.logprobs(), Optional.of(result.finishReason()));
    return out.name("usage").json(usage(result.usage())).endObject().toBytes();
  }

  /**
   * Writes the frames of {@code event}, in one call of the sink or none; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(StreamEvent event, OutputStream sink) throws IOException {
    out.clear();
    switch (event) {
      case StreamEvent.Started started -> {
        model = started.model();
        call.echo().ifPresent(prompt -> chunk(prompt, List.of(), Optional.empty()));
      }
      case StreamEvent.TextDelta delta -> chunk(delta.text(), delta.logprobs(), Optional.empty());
      case StreamEvent.Done done -> {
        chunk("", List.of(), Optional.of(done.finishReason()));
        if (call.includeUsage()) {
          out.raw(DATA);
          begin();
          out.endArray().name("usage").json(usage(done.usage())).endObject().raw(END);
        }
        out.raw(DONE);
      }
      case StreamEvent.Failed failed -> error(failed.error());
      case StreamEvent.Cancelled cancelled -> error(new LlmError.Cancelled(cancelled.reason()));
      case StreamEvent.ReasoningDelta _,
          StreamEvent.ReasoningSigned _,
          StreamEvent.ReasoningHidden _,
          StreamEvent.Note _,
          StreamEvent.ToolCallStarted _,
          StreamEvent.ToolArgumentsDelta _ -> {
        // none is asked for, and this dialect has no place for them
      }
    }
    if (out.size() > 0) {
      out.writeTo(sink);
    }
  }

  private void error(LlmError error) {
    out.raw(DATA).raw(OpenAiResponses.error(error)).raw(END);
  }

  private void chunk(String text, List<TokenLogprob> logprobs, Optional<FinishReason> end) {
    out.raw(DATA);
    begin();
    choice(text, logprobs, end);
    if (call.includeUsage()) {
      out.name("usage").nothing();
    }
    out.endObject().raw(END);
  }

  /** Up to the first choice. */
  private void begin() {
    out.object()
        .field("id", id)
        .field("object", "text_completion")
        .field("created", createdEpochSeconds)
        .field("model", model)
        .name("choices")
        .array();
  }

  private void choice(String text, List<TokenLogprob> logprobs, Optional<FinishReason> end) {
    out.object().field("text", text).field("index", 0).name("logprobs");
    if (logprobs.isEmpty()) {
      out.nothing();
    } else {
      logprobs(logprobs);
    }
    offset += text.length();
    out.fieldOrNull("finish_reason", end.map(FinishReason::wireName)).endObject().endArray();
  }

  private void logprobs(List<TokenLogprob> tokens) {
    out.object().name("tokens").array();
    tokens.forEach(token -> out.value(token.token()));
    out.endArray().name("token_logprobs").array();
    tokens.forEach(token -> out.value(token.logprob()));
    out.endArray().name("top_logprobs").array();
    for (TokenLogprob token : tokens) {
      top(token);
    }
    out.endArray().name("text_offset").array();
    int at = offset;
    for (TokenLogprob token : tokens) {
      out.value(at);
      at += token.token().length();
    }
    out.endArray().endObject();
  }

  /** By text; of two tokens that look the same the likelier one. */
  private void top(TokenLogprob token) {
    var seen = new HashSet<String>();
    out.object();
    for (TokenLogprob.Top top : token.top()) {
      if (seen.add(top.token())) {
        out.name(top.token()).value(top.logprob());
      }
    }
    out.endObject();
  }

  private static JsonText usage(Usage usage) {
    return new JsonText(new String(OpenAiResponses.usage(usage), StandardCharsets.UTF_8));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
