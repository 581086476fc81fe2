package llm.core.dialect.anthropic.upstream;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamError;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;

/**
 * Turns the events of one message into ours
 * (https://docs.anthropic.com/en/docs/build-with-claude/streaming), or a message in one piece. A
 * bit of text costs one pass over its bytes; all else is read by the general parser, with the same
 * result. Not thread-safe.
 */
public final class MessageReader implements AnswerReader {
  private final UpstreamFailures failures;
  private final FastDelta fast = new FastDelta();
  private final UsageCounts usage = new UsageCounts();
  private final Blocks blocks;

  private String stopReason = "";
  private Optional<String> stopSequence = Optional.empty();
  private final Map<String, JsonText> answer = new LinkedHashMap<>();
  private boolean begun;
  private boolean done;

  /**
   * A reader for one answer.
   *
   * @param failures says in our words what an upstream says
   * @param callIds gives ids to tool calls that come without
   */
  public MessageReader(UpstreamFailures failures, Supplier<String> callIds) {
    this.failures = failures;
    this.blocks = new Blocks(callIds);
  }

  @Override
  public void read(byte[] data, int offset, int length, Consumer<? super StreamEvent> events)
      throws LlmException {
    String text = begun ? fast.read(data, offset, length) : null;
    if (text == null) {
      apply(general(Arrays.copyOfRange(data, offset, offset + length)), events);
    } else if (!text.isEmpty()) {
      events.accept(new StreamEvent.TextDelta(text));
    }
  }

  @Override
  public boolean isDone() {
    return done;
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public boolean isFinished() {
    return !stopReason.isEmpty();
  }

  @Override
  public Usage usage() {
    return usage.usage();
  }

  @Override
  public StreamEvent.Terminal end() {
    if (!begun || !isFinished() && !done) {
      return failed(
          begun
              ? "ended its stream in the middle of the answer"
              : "ended its stream without an answer");
    }
    if (blocks.isIncomplete()) {
      return failed("began a tool call without the tool's name, or too many blocks");
    }
    FinishReason reason = isFinished() ? StopReasons.of(stopReason) : FinishReason.UNKNOWN;
    if (!StopReasons.isOurs(stopReason)) {
      answer.put("stop_reason", new JsonText('"' + stopReason + '"'));
    }
    return new StreamEvent.Done(
        reason, usage(), stopSequence, Extensions.of(Dialect.ANTHROPIC, answer));
  }

  @Override
  public StreamEvent.Terminal endWhole() {
    return end();
  }

  private StreamEvent.Failed failed(String what) {
    return new StreamEvent.Failed(failures.broke(what), usage());
  }

  private Event general(byte[] document) throws LlmException {
    try {
      return GeneralEvent.read(document, usage);
    } catch (LlmException noEvent) {
      throw new LlmException(failures.noChunk(noEvent.error(), document), noEvent);
    }
  }

  private void apply(Event event, Consumer<? super StreamEvent> events) throws LlmException {
    switch (event.type) {
      case MESSAGE -> {
        begun = true;
        done = true;
        event.blocks.forEach(block -> blocks.whole(block, events));
        tell(event);
        stopped(event);
      }
      case MESSAGE_START -> {
        begun = true;
        tell(event);
      }
      case BLOCK_START -> {
        begun = true;
        event.blocks.forEach(block -> blocks.start(event.index, block, events));
      }
      case BLOCK_DELTA -> {
        begun = true;
        event.blocks.forEach(piece -> blocks.delta(event.index, piece, events));
      }
      case BLOCK_STOP -> blocks.stop(event.index, events);
      case MESSAGE_DELTA -> {
        tell(event);
        stopped(event);
      }
      case MESSAGE_STOP -> {
        blocks.stopAll(events);
        done = true;
      }
      case ERROR -> throw new LlmException(failures.inStream(error(event)));
      case OTHER -> {
        // a ping, or what is not known here
      }
    }
  }

  /** What the API says of the answer and is not known here; the later word counts. */
  private void tell(Event event) {
    event.answer.forEach((name, value) ->
        answer.merge(name, value, (older, newer) -> JsonFields.merged(newer, older)));
  }

  private void stopped(Event event) {
    stopReason = event.stopReason.isEmpty() ? stopReason : event.stopReason;
    stopSequence = event.stopSequence.or(() -> stopSequence);
  }

  /** Says with an error that came without a status which one it would have had. */
  private static UpstreamError error(Event event) {
    UpstreamError said = event.error.orElseGet(() -> UpstreamError.of(""));
    return new UpstreamError(
        said.message(),
        said.code(),
        said.status().or(() -> said.code().flatMap(MessageReader::status)),
        said.promptTokens(),
        said.contextTokens());
  }

  /** https://docs.anthropic.com/en/api/errors. */
  private static Optional<Integer> status(String type) {
    int status =
        switch (type) {
          case "invalid_request_error" -> 400;
          case "authentication_error" -> 401;
          case "billing_error" -> 402;
          case "permission_error" -> 403;
          case "not_found_error" -> 404;
          case "request_too_large" -> 413;
          case "rate_limit_error" -> 429;
          case "api_error" -> 500;
          case "timeout_error" -> 504;
          case "overloaded_error" -> 529;
          default -> 0;
        };
    return status == 0 ? Optional.empty() : Optional.of(status);
  }
}
