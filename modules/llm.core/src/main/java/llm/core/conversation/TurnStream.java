package llm.core.conversation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import llm.core.context.DualContext;
import llm.core.context.Plan;
import llm.core.context.TurnStart;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.TurnEnd;
import llm.core.schema.JsonLimits;
import llm.core.schema.PartialJson.Framing;
import llm.core.structured.AnswerChunks;
import llm.core.structured.AnswerEvent;
import llm.core.structured.LlmStreamChunk;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;

/**
 * One turn being answered. Whoever reads it to its end, or closes it early, ends the turn: the
 * answer, or as much of it as came, is kept before the last event is given out, and the
 * conversation's floor is given back.
 */
final class TurnStream implements EventStream<TurnEvent> {
  private final Turn turn;
  private final Source<?> inner;
  private final ArrayDeque<TurnEvent> ready = new ArrayDeque<>(3); // of the consumer alone
  private final StringBuilder text = new StringBuilder(); // guarded by itself
  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean gaveTerminal; // of the consumer alone
  private int chunks;
  private OptionalDouble firstToken = OptionalDouble.empty();
  private OptionalDouble firstAnswer = OptionalDouble.empty();

  /**
   * What a turn has when its answer begins.
   *
   * @param name the turn's id
   * @param plan what the model was asked, in the end
   * @param startNanos when it was taken up
   * @param sentNanos when the model was asked
   * @param ratioBefore the share of the room that was taken before it
   * @param durable whether what was kept so far is kept as promised
   */
  record Turn(
      Conversation conversation,
      String name,
      TurnStart begun,
      Supplier<Plan> plan,
      long startNanos,
      long sentNanos,
      double ratioBefore,
      boolean durable,
      Call call,
      Means means) {}

  /** What all turns work with. */
  record Means(
      TimeSource time, Log manager, Log client, ConversationMetrics metrics, TurnEnds ends) {}

  /** Keeps what ends turns. */
  interface TurnEnds {
    /** Records of a conversation wait for the store. */
    void behind(Conversation conversation);

    /** Keeps the end of a turn; returns whether it is kept as the store promises. */
    boolean keep(Conversation conversation, ConversationRecord end);
  }

  TurnStream(Turn turn, EventStream<StreamEvent> inner) {
    this.turn = turn;
    var tapped = new FirstContent(inner, this::content);
    this.inner =
        turn.conversation().hasMetadata() ? new JudgedSource(tapped) : new PlainSource(tapped);
    ready.add(new TurnEvent.Started(turn.conversation().id(), turn.name(), false));
    turn.call().onEnd(this::endEarly); // for whoever never closes it
  }

  @Override
  public TurnEvent next() throws LlmException {
    if (gaveTerminal) {
      throw new IllegalStateException("the turn has ended");
    }
    while (ready.isEmpty()) {
      inner.pull();
    }
    TurnEvent event = ready.remove();
    gaveTerminal = event instanceof TurnEvent.Terminal;
    return event;
  }

  @Override
  public boolean hasReady() {
    return !ready.isEmpty() || inner.stream.hasReady();
  }

  @Override
  public void close() {
    try {
      inner.stream.close();
    } finally {
      endEarly();
    }
  }

  private void endEarly() {
    if (ended.compareAndSet(false, true)) {
      // The store may take its time, and whoever closes must not wait.
      Thread.ofVirtual()
          .name("llm-turn-end")
          .start(() -> end(Optional.empty(), Usage.NONE, CancelReason.CLOSED.name()));
    }
  }

  /** Where the answer comes from. */
  private abstract static class Source<E> {
    final EventStream<E> stream;

    private Source(EventStream<E> stream) {
      this.stream = stream;
    }

    /** Takes the next event; there may be nothing to tell of it. */
    abstract void pull() throws LlmException;
  }

  /** An answer as it comes. */
  private final class PlainSource extends Source<StreamEvent> {
    private PlainSource(EventStream<StreamEvent> stream) {
      super(stream);
    }

    @Override
    void pull() throws LlmException {
      switch (stream.next()) {
        case StreamEvent.TextDelta delta -> say(delta.text(), Optional.empty());
        case StreamEvent.Done done -> done(done.finishReason(), done.usage(), Optional.empty());
        case StreamEvent.Failed(LlmError error, Usage usage) -> failed(error, usage);
        case StreamEvent.Cancelled(CancelReason reason, Usage usage) -> cancelled(reason, usage);
        case StreamEvent.Started _,
            StreamEvent.ReasoningDelta _,
            StreamEvent.ReasoningSigned _,
            StreamEvent.ReasoningHidden _,
            StreamEvent.Note _,
            StreamEvent.ToolCallStarted _,
            StreamEvent.ToolArgumentsDelta _ -> {
          // no part of what is said
        }
      }
    }
  }

  /** An answer that the model gives as JSON, with what it judges first (C-2). */
  private final class JudgedSource extends Source<AnswerEvent> {
    private JudgedSource(EventStream<StreamEvent> stream) {
      super(AnswerChunks.of(stream, Framing.SURROUNDED, JsonLimits.ANSWER));
    }

    @Override
    void pull() throws LlmException {
      switch (stream.next()) {
        case AnswerEvent.Chunk(LlmStreamChunk chunk) -> say(chunk.textChunk(), metadata(chunk));
        case AnswerEvent.Done(LlmStreamChunk last, String _, FinishReason finish, Usage usage) ->
            done(finish, usage, metadata(last));
        case AnswerEvent.Failed(LlmError error, Usage usage) -> failed(error, usage);
        case AnswerEvent.Cancelled(CancelReason reason, Usage usage) -> cancelled(reason, usage);
      }
    }

    private static Optional<TurnEvent.Metadata> metadata(LlmStreamChunk chunk) {
      return chunk
          .isSafe()
          .flatMap(
              safe -> chunk.aggressionScore().map(score -> new TurnEvent.Metadata(safe, score)));
    }
  }

  private void done(FinishReason finish, Usage usage, Optional<TurnEvent.Metadata> metadata) {
    if (usage.promptTokens() > 0) {
      turn.conversation().context().calibrate(turn.plan().get(), usage.promptTokens());
    }
    TurnReport report = finished(Optional.of(finish), usage);
    ready.add(new TurnEvent.Chunk("", true, metadata));
    ready.add(new TurnEvent.Finished(report));
  }

  private void failed(LlmError error, Usage usage) {
    ready.add(new TurnEvent.Failed(error, ended(usage, error.code().wireName())));
  }

  private void cancelled(CancelReason reason, Usage usage) {
    ready.add(new TurnEvent.Cancelled(reason, ended(usage, reason.name())));
  }

  /** The first content of any kind is there. */
  private void content() {
    releasePrefix();
    double sinceSent = millisSince(turn.sentNanos());
    firstToken = OptionalDouble.of(millisSince(turn.startNanos()));
    turn.means().metrics().firstToken(firstToken.getAsDouble() / 1e3);
    turn.means().client().debug("first_token").call(turn.call()).put("ms", sinceSent).emit();
    turn.means()
        .manager()
        .debug("time_to_first_token_ms")
        .call(turn.call())
        .put("turn", turn.name())
        .put("ms", firstToken.getAsDouble())
        .emit();
  }

  /** Of the context that began with this turn: the model has found it by now, or never will. */
  private void releasePrefix() {
    turn.begun().handover().ifPresent(_ -> turn.conversation().summarizer().release());
  }

  private void say(String more, Optional<TurnEvent.Metadata> metadata) {
    if (more.isEmpty() && metadata.isEmpty()) {
      return;
    }
    if (firstAnswer.isEmpty() && !more.isEmpty()) {
      firstAnswer = OptionalDouble.of(millisSince(turn.startNanos()));
    }
    synchronized (text) {
      text.append(more);
    }
    Log client = turn.means().client();
    if (client.enabled(Level.DEBUG)) {
      int bytes = more.getBytes(StandardCharsets.UTF_8).length;
      client.debug("chunk").call(turn.call()).put("size", bytes).put("seq", chunks).emit();
    }
    chunks++;
    ready.add(new TurnEvent.Chunk(more, false, metadata));
  }

  private TurnReport finished(Optional<FinishReason> finish, Usage usage) {
    return ended.compareAndSet(false, true)
        ? end(finish, usage, "")
        : report(finish, usage, turn.ratioBefore(), false); // closed meanwhile
  }

  private TurnReport ended(Usage usage, String code) {
    return ended.compareAndSet(false, true)
        ? end(Optional.empty(), usage, code)
        : report(Optional.empty(), usage, turn.ratioBefore(), false);
  }

  /** Once: keeps what came, gives the floor back and says how it went. */
  private TurnReport end(Optional<FinishReason> finish, Usage usage, String code) {
    Conversation conversation = turn.conversation();
    String answer;
    synchronized (text) {
      answer = text.toString();
    }
    boolean said = finish.isPresent() || !answer.isEmpty();
    TurnEnd how =
        finish.isPresent() ? TurnEnd.ANSWERED : said ? TurnEnd.INTERRUPTED : TurnEnd.UNANSWERED;
    var at = turn.means().time().now();
    ConversationRecord record =
        said
            ? new ConversationRecord.Answered(turn.name(), answer, finish, usage, at)
            : new ConversationRecord.Unanswered(turn.name(), code, at);
    TurnReport report;
    try {
      DualContext context = conversation.context();
      if (said) {
        context.add(Message.assistant(answer));
      } else {
        context.takeBack();
      }
      boolean durable = turn.means().ends().keep(conversation, record) && turn.durable();
      releasePrefix();
      context.turnEnded();
      report = report(finish, usage, context.ratio(), durable);
    } catch (RuntimeException | Error bug) {
      turn.means().manager().error("turn_end_broke").call(turn.call()).cause(bug).emit();
      throw bug;
    } finally {
      conversation.leave();
    }
    tell(report, how, code);
    return report;
  }

  private TurnReport report(
      Optional<FinishReason> finish, Usage usage, double ratioAfter, boolean durable) {
    return new TurnReport(
        turn.name(),
        finish,
        usage,
        firstToken,
        firstAnswer,
        OptionalDouble.of(millisSince(turn.startNanos())),
        turn.ratioBefore(),
        ratioAfter,
        turn.begun().handover().stream().mapToDouble(one -> one.sinceReady() / 1e6).findFirst(),
        turn.plan().get().leftOut(),
        durable);
  }

  private void tell(TurnReport report, TurnEnd how, String code) {
    Means means = turn.means();
    means.metrics().turn(how);
    means
        .client()
        .debug("stream_end")
        .call(turn.call())
        .put("total_ms", millisSince(turn.sentNanos()))
        .put("chunks", chunks)
        .emit();
    var line =
        means
            .manager()
            .info("user_turn_finish")
            .call(turn.call())
            .put("conversation", turn.conversation().id())
            .put("turn", turn.name())
            .put("response_total_ms", report.responseTotalMs().orElse(0))
            .put("context_ratio_before", report.contextRatioBefore())
            .put("context_ratio_after", report.contextRatioAfter())
            .put("durable", report.durable());
    report.timeToFirstTokenMs().ifPresent(ms -> line.put("time_to_first_token_ms", ms));
    report.firstAnswerMs().ifPresent(ms -> line.put("first_answer_ms", ms));
    report.handoverMs().ifPresent(ms -> line.put("handover_ms_if_any", ms));
    if (report.leftOutMessages() > 0) {
      line.put("left_out_messages", report.leftOutMessages());
    }
    if (how != TurnEnd.ANSWERED) {
      line.put("end", how.name()).put("reason", code);
    }
    line.emit();
  }

  private double millisSince(long start) {
    return (turn.means().time().nanoTime() - start) / 1e6;
  }
}
