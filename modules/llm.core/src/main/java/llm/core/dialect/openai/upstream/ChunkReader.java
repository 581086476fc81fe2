package llm.core.dialect.openai.upstream;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Turns the chunks of one answer into events. {@code Started} and the end are the caller's: it
 * knows the model that was asked for, and when the stream is over. Not thread-safe.
 *
 * <p>Chunks of the usual shape cost one pass over their bytes and their text; all others are read
 * by the general parser, with the same result.
 */
public final class ChunkReader implements AnswerReader {
  /** The kind of what only this dialect knows of a message: fields of it. */
  public static final String ASIDE = "delta";

  private final UpstreamFailures failures;
  private final FastChunk fast = new FastChunk();
  private final Chunk chunk = new Chunk();
  private final ToolCalls tools;

  private String finishReason = "";
  private Optional<Usage> usage = Optional.empty();
  private boolean logprobs;
  private boolean handsOn;
  private final Map<String, JsonText> answer = new LinkedHashMap<>();
  private final Details details = new Details();
  private boolean refuses;
  private boolean begun;
  private boolean done;

  /**
   * A reader for one answer.
   *
   * @param failures says in our words what an upstream says
   * @param callIds gives ids to tool calls that come without
   */
  public ChunkReader(UpstreamFailures failures, Supplier<String> callIds) {
    this.failures = failures;
    this.tools = new ToolCalls(callIds);
  }

  /** Hands out the log probabilities of the tokens, which are left out else. */
  public ChunkReader withLogprobs() {
    logprobs = true;
    return this;
  }

  /**
   * Hands on calls of tools that are no functions.
   *
   * @param asked whether the caller offered such tools, and so knows what to do
   */
  public ChunkReader handingOn(boolean asked) {
    handsOn = asked;
    return this;
  }

  @Override
  public void read(byte[] data, int offset, int length, Consumer<? super StreamEvent> events)
      throws LlmException {
    if (isDoneMark(data, offset, length)) {
      done = true;
      return;
    }
    if (!begun || !fast.read(data, offset, length, chunk.clear())) {
      readGeneral(data, offset, length);
    }
    if (chunk.error.isPresent()) {
      throw new LlmException(failures.inStream(chunk.error.get()));
    }
    apply(events);
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
    return !finishReason.isEmpty();
  }

  @Override
  public Usage usage() {
    return usage.orElse(Usage.NONE);
  }

  /**
   * The end of a stream, once it is over: done when the upstream said so by a finish reason or by
   * {@code [DONE]}, else failed. A stop beside tool calls is what some servers say for tool calls.
   */
  @Override
  public StreamEvent.Terminal end() {
    if (!begun || !isFinished() && !done) {
      return failed(
          begun
              ? "ended its stream in the middle of the answer"
              : "ended its stream without an answer");
    }
    FinishReason reason = isFinished() ? FinishReasons.of(finishReason) : FinishReason.STOP;
    if (reason == FinishReason.ERROR) {
      return failed(
          "ended its answer with finish reason '" + Excerpt.shortened(finishReason) + "'");
    }
    if (tools.isIncomplete()) {
      return failed("began a tool call without the tool's name");
    }
    boolean calls = reason == FinishReason.STOP && tools.any();
    return new StreamEvent.Done(
        calls ? FinishReason.TOOL_CALLS : reason,
        usage(),
        Optional.empty(),
        Extensions.of(Dialect.OPENAI_CHAT, answer));
  }

  @Override
  public StreamEvent.Terminal endWhole() {
    done = true;
    return end();
  }

  private StreamEvent.Failed failed(String what) {
    return new StreamEvent.Failed(failures.broke(what), usage());
  }

  private void readGeneral(byte[] data, int offset, int length) throws LlmException {
    byte[] document = Arrays.copyOfRange(data, offset, offset + length);
    try {
      GeneralChunk.read(document, chunk.clear());
    } catch (LlmException noChunk) {
      throw new LlmException(failures.noChunk(noChunk.error(), document), noChunk);
    }
  }

  private void apply(Consumer<? super StreamEvent> events) throws LlmException {
    begun |= chunk.hasChoices;
    usage = chunk.usage.or(() -> usage);
    answer.putAll(chunk.answer);
    if (!chunk.reasoning.isEmpty()) {
      events.accept(new StreamEvent.ReasoningDelta(chunk.reasoning));
    }
    if (chunk.details.isPresent() && !details.take(chunk.details.get())) {
      throw new LlmException(failures.broke("told more details of its reasoning than are kept"));
    }
    if (!(chunk.content + chunk.refusal + chunk.finishReason).isEmpty() || !chunk.tools.isEmpty()) {
      details
          .taken()
          .map(array -> new StreamEvent.ReasoningHidden(array, Dialect.OPENAI_CHAT))
          .ifPresent(events);
    }
    said(events);
    if (!chunk.message.isEmpty()) {
      events.accept(
          new StreamEvent.Aside(Dialect.OPENAI_CHAT, ASIDE, JsonFields.object(chunk.message)));
    }
    for (Chunk.ToolFragment fragment : chunk.tools) {
      if (!handsOn && !fragment.custom().isEmpty()) {
        throw new LlmException(
            failures.broke("called a tool of type 'custom', which cannot be handed on"));
      }
      if (!tools.take(fragment, events)) {
        throw new LlmException(
            failures.broke(
                "began more tool calls, or gave more arguments without a name, than are kept"));
      }
    }
    if (!chunk.finishReason.isEmpty()) {
      finishReason = chunk.finishReason;
    }
  }

  private void said(Consumer<? super StreamEvent> events) {
    List<TokenLogprob> tokens = logprobs ? List.copyOf(chunk.logprobs) : List.of();
    boolean both = !chunk.content.isEmpty() && !chunk.refusal.isEmpty();
    if (!chunk.content.isEmpty() || chunk.refusal.isEmpty() && !tokens.isEmpty()) {
      events.accept(new StreamEvent.TextDelta(chunk.content, both ? List.of() : tokens));
    }
    if (!chunk.refusal.isEmpty()) {
      if (!refuses) {
        refuses = true;
        events.accept(new StreamEvent.RefusalStarted());
      }
      events.accept(new StreamEvent.TextDelta(chunk.refusal, tokens));
    }
  }

  private static boolean isDoneMark(byte[] data, int offset, int length) {
    int from = offset;
    int to = offset + length;
    while (to > from && data[to - 1] == ' ') {
      to--;
    }
    return to - from == 6
        && data[from] == '['
        && data[from + 1] == 'D'
        && data[from + 2] == 'O'
        && data[from + 3] == 'N'
        && data[from + 4] == 'E'
        && data[from + 5] == ']';
  }
}
