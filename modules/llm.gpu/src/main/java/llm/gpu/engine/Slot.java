package llm.gpu.engine;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import llm.core.dialect.prediction.PredictionField;
import llm.core.dialect.prediction.PredictionUsage;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.draft.DraftPlanner;
import llm.gpu.draft.Drafting;
import llm.gpu.grammar.HeldAnswer;
import llm.gpu.grammar.HeldText;
import llm.gpu.llama.Context;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Sampler;
import llm.gpu.llama.Vocabulary;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.Outbox;
import llm.gpu.schedule.StepPlanner;
import llm.gpu.text.Answer;
import llm.gpu.text.LogprobReader;
import llm.gpu.text.Pieces;
import llm.gpu.text.StopMatcher;
import llm.gpu.text.UnsureAnswer;
import llm.gpu.text.Utf8Assembler;

/**
 * One request in work: its sequence, its sampler, and the text on its way to the consumer.
 *
 * <ol>
 *   <li>{@link #computed} tells that tokens of its sequence are in memory.
 *   <li>{@link #take} takes the token chosen behind them, once all are, and turns it into text;
 *       what may become a stop string is held back.
 *   <li>{@link #flush} hands events over as far as the consumer's ring has room; a slot with events
 *       left takes no part in steps.
 * </ol>
 *
 * <p>Usage counts the prompt's tokens as they were computed or found in memory,
 * beginning-of-sequence token included, and every token that was generated but the one that ended
 * the generation. The engine's thread owns it.
 */
final class Slot implements StepPlanner.Work, DraftPlanner.Answer, AutoCloseable {
  private static final int NO_OUTPUT = -1;
  private static final int NOT_YET = -1;
  private static final int[] NONE = {};

  private final Job job;
  private final Sampler sampler;
  private final Outbox outbox;
  private final Utf8Assembler assembler = new Utf8Assembler();
  private final Answer answer;
  private final Drafting drafting;
  private final Optional<HeldAnswer> held; // to a grammar
  private final Optional<UnsureAnswer> unsure; // whether a fallback is said in its place
  private final StopMatcher stops;
  private final int promptTokens;
  private final int limit; // of completion tokens
  private final long startNanos;
  private final Optional<Integer> alternatives; // of each token, where log probabilities are asked
  private final List<TokenLogprob> pendingLogprobs = new ArrayList<>(); // of text not yet sent
  private int toldAhead; // bytes of tokens told of, whose text is held back
  private TokenSequence sequence;
  private int[] parkedTokens = NONE; // while it has no sequence
  private int cachedTokens;
  private int promptDone; // of the prompt's tokens; never falls, unlike the sequence's
  private int completionTokens;
  private int readChars; // of the answer's text
  private int answerFrom = NOT_YET; // characters before a held answer: its reasoning
  private int sentChars; // those that no stop string cut
  private int output = NO_OUTPUT; // index of its logits in the step just computed

  /**
   * Takes over {@code job} and owns {@code sampler}.
   *
   * @param window the most tokens of prompt and answer together
   * @param answer what its text is
   * @param drafting guesses what follows
   * @param held what holds it to a grammar; empty: any text will do
   * @param unsure what says a fallback in its place; empty: nothing does
   */
  Slot(
      Job job,
      TokenSequence sequence,
      Sampler sampler,
      int window,
      long nowNanos,
      Answer answer,
      Drafting drafting,
      Optional<HeldAnswer> held,
      Optional<UnsureAnswer> unsure) {
    this.job = job;
    this.held = held;
    this.unsure = unsure;
    this.sequence = sequence;
    this.sampler = sampler;
    this.answer = answer;
    this.drafting = drafting;
    this.outbox = new Outbox(job.ring());
    this.stops = new StopMatcher(job.request().sampling().stop());
    this.promptTokens = sequence.count();
    this.cachedTokens = sequence.computed();
    this.promptDone = sequence.computed();
    int room = window - promptTokens;
    this.limit = Math.min(room, job.request().maxTokens().orElse(room));
    this.startNanos = nowNanos;
    this.alternatives = job.request().sampling().topLogprobs();
    outbox.add(new StreamEvent.Started(job.request().model().value()));
  }

  Job job() {
    return job;
  }

  @Override
  public TokenSequence sequence() {
    return sequence;
  }

  long startNanos() {
    return startNanos;
  }

  int cachedTokens() {
    return cachedTokens;
  }

  @Override
  public AdapterSet adapters() {
    return job.adapters();
  }

  @Override
  public Priority priority() {
    return job.priority();
  }

  @Override
  public int remaining() {
    return sequence.remaining();
  }

  @Override
  public boolean streams() {
    return completionTokens > 0 && sequence.remaining() == 1;
  }

  /** Every token so far. */
  int[] tokens() {
    return parkedTokens.length > 0 ? parkedTokens : sequence.tokens();
  }

  /** Gives up its sequence, until {@link #resume}. */
  TokenSequence park() {
    parkedTokens = sequence.tokens();
    drafting.pause();
    return sequence;
  }

  /** Goes on in another sequence, which is over {@link #tokens}. */
  void resume(TokenSequence other) {
    sequence = other;
    parkedTokens = NONE;
    cachedTokens = Math.min(cachedTokens, other.computed());
    output = NO_OUTPUT;
  }

  /**
   * A step has computed {@code tokens} of its sequence; the last one's logits are at {@code at}.
   */
  void computed(int tokens, int at) {
    sequence.advance(tokens);
    promptDone = Math.max(promptDone, Math.min(promptTokens, sequence.computed()));
    output = sequence.remaining() == 0 ? at : NO_OUTPUT;
  }

  /** Index of the logits to choose from; empty while the sequence is not computed. */
  Optional<Integer> output() {
    return output == NO_OUTPUT ? Optional.empty() : Optional.of(output);
  }

  /** Whether nothing waits for the consumer. */
  boolean isFlushed() {
    return outbox.isEmpty();
  }

  /** Hands over what the consumer has room for. */
  void flush(long nowNanos) {
    outbox.flush(nowNanos);
  }

  /** When it has waited too long for its consumer; empty while it does not wait. */
  Optional<Long> stallsAt(Duration stallLimit) {
    return outbox.stallsAt(stallLimit);
  }

  /** Whether its consumer has taken nothing for {@code limit} although something waits. */
  boolean hasStalled(Duration limit, long nowNanos) {
    Optional<Long> deadline = stallsAt(limit);
    return deadline.isPresent() && deadline.get() - nowNanos <= 0;
  }

  /**
   * Chooses the token behind the sequence.
   *
   * @param index of its logits in the step just computed
   */
  int choose(Context context, int index) throws LlamaException, LlmException {
    if (unsure.isPresent()) {
      OptionalInt said = unsure.get().next(context.logits(index));
      if (said.isPresent()) {
        return said.getAsInt();
      }
    }
    return held.isPresent()
        ? held.get().choose(sampler, context.logits(index))
        : sampler.sample(context, index);
  }

  /**
   * Takes the token that was chosen behind the sequence.
   *
   * @param logits the ones it was chosen from
   * @return how the answer ends, when it does
   */
  Optional<StreamEvent.Terminal> take(
      int token, MemorySegment logits, Vocabulary vocabulary, Pieces pieces) throws LlmException {
    output = NO_OUTPUT;
    if (vocabulary.endsGeneration(token)) {
      return Optional.of(finish(FinishReason.STOP));
    }
    completionTokens++;
    if (held.isPresent()) {
      held.get().take(token);
    }
    alternatives.ifPresent(
        count -> pendingLogprobs.add(new LogprobReader(pieces).of(logits, token, count)));
    ByteBuffer piece = pieces.bytes(token);
    String mark = piece.hasRemaining() ? "" : answer.mark(token, vocabulary);
    emit(unstopped(mark.isEmpty() ? assembler.push(piece) : assembler.finish() + mark));
    if (stops.stopped()) {
      return Optional.of(stopped());
    }
    if (held.isPresent() && held.get().isOver() || unsure.isPresent() && unsure.get().isOver()) {
      return Optional.of(finish(FinishReason.STOP));
    }
    if (completionTokens >= limit) {
      return Optional.of(finish(FinishReason.LENGTH));
    }
    sequence.append(token);
    return Optional.empty();
  }

  /** What it drafts; its tokens follow those of the sequence in a step, each with its logits. */
  @Override
  public Drafting drafting() {
    return drafting;
  }

  @Override
  public int moreTokens() {
    return limit - completionTokens - 1;
  }

  @Override
  public int tokensSoFar() {
    return completionTokens;
  }

  /** Whether a fallback is said in place of an answer. */
  boolean isFallback() {
    return unsure.isPresent() && unsure.get().isGiven();
  }

  /** Whether more may be chosen for it: it is wanted, and its consumer keeps up. */
  boolean isHeard() {
    return isFlushed() && !job.cancelled();
  }

  /** The prompt was all there was to do. */
  StreamEvent.Terminal readOnly() {
    return done(FinishReason.STOP);
  }

  /** The answer's end when it failed. */
  StreamEvent.Terminal failed(String message) {
    return new StreamEvent.Failed(new LlmError.ProviderFailed("local", message), usage());
  }

  /** The answer's end when its consumer did not read it. */
  StreamEvent.Terminal stalled(Duration limit) {
    return failed(
        "The answer was not read for "
            + limit.toSeconds()
            + " s while the model was reserved for it; read the stream faster or raise"
            + " providers.local.stall_seconds.");
  }

  /** The answer's end when it was told to stop. */
  StreamEvent.Terminal cancelled() {
    return job.cancellation(usage());
  }

  Usage usage() {
    return new Usage(promptDone, completionTokens, Math.min(cachedTokens, promptDone));
  }

  @Override
  public void close() {
    drafting.close();
    sampler.close();
  }

  /** The answer is over: what was held back is part of it, unless it completes a stop string. */
  private StreamEvent.Terminal finish(FinishReason reason) {
    emit(unstopped(assembler.finish()));
    boolean stopped = stops.stopped();
    emit(stops.finish());
    if (stopped) {
      return stopped();
    }
    if (reason == FinishReason.STOP) {
      judge((end, fault) ->
          new StreamEvent.Failed(new LlmError.InvalidAnswer("", fault), end.usage()));
    }
    return done(reason);
  }

  /** A stop string came: what it cut off was perhaps needed. */
  private StreamEvent.Terminal stopped() {
    judge((end, _) ->
        new StreamEvent.Done(
            FinishReason.LENGTH, end.usage(), end.stopSequence(), end.extensions()));
    return done(FinishReason.STOP);
  }

  /** Has the answer looked at once more, aside. */
  private void judge(BiFunction<StreamEvent.Done, String, StreamEvent.Terminal> faulty) {
    if (held.isPresent()) {
      HeldText text = held.get().delivered(Math.max(0, sentChars - Math.max(0, answerFrom)));
      job.judgeBy((end, wanted) -> {
        Optional<String> fault = text.fault(wanted);
        return fault.isPresent() ? faulty.apply(end, fault.get()) : end;
      });
    }
  }

  /** What is certain to be before any stop string, of more text. */
  private String unstopped(String text) {
    readChars += text.length();
    if (answerFrom == NOT_YET && held.isPresent() && held.get().isAnswering()) {
      byte[] said = held.get().said();
      answerFrom = readChars - new Utf8Assembler().push(ByteBuffer.wrap(said)).length();
      answer.begins(answerFrom, held.get().skipsSpace());
    }
    return stops.push(text);
  }

  private StreamEvent.Terminal done(FinishReason reason) {
    answer.finish().forEach(this::add);
    return new StreamEvent.Done(answer.ended(reason), usage(), Optional.empty(), told());
  }

  /** What else callers of the request's dialect are told of the answer. */
  private Extensions told() {
    return PredictionField.isIn(job.request())
        ? new PredictionUsage(drafting.predictedRight(), drafting.predictedWrong()).fields()
        : Extensions.NONE;
  }

  /** Sends text with the log probabilities of the tokens it came from. */
  private void emit(String text) {
    if (text.isEmpty()) {
      return;
    }
    sentChars += text.length();
    if (answer.isParsed() && !isFallback()) { // which is text, whatever the prompt began
      answer.push(text).forEach(this::add);
      return;
    }
    if (alternatives.isEmpty()) {
      outbox.add(new StreamEvent.TextDelta(text));
      return;
    }
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    outbox.add(new StreamEvent.TextDelta(text, takeLogprobs(bytes)));
  }

  /** An event of an answer that is taken apart: text comes with all log probabilities so far. */
  private void add(StreamEvent event) {
    if (event instanceof StreamEvent.TextDelta(String text, var _) && alternatives.isPresent()) {
      outbox.add(new StreamEvent.TextDelta(text, pendingLogprobs));
    } else {
      outbox.add(event);
    }
    pendingLogprobs.clear();
  }

  /**
   * Those of the tokens that begin in the next {@code length} bytes: what comes behind belongs to
   * text that is held back, or cut by a stop string.
   */
  private List<TokenLogprob> takeLogprobs(int length) {
    int count = 0;
    int bytes = toldAhead;
    for (; count < pendingLogprobs.size() && bytes < length; count++) {
      bytes += pendingLogprobs.get(count).bytes().size();
    }
    toldAhead = Math.max(0, bytes - length); // less, where U+FFFD stands for a byte
    List<TokenLogprob> taken = List.copyOf(pendingLogprobs.subList(0, count));
    pendingLogprobs.subList(0, count).clear();
    return taken;
  }
}
