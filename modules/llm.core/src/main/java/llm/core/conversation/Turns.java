package llm.core.conversation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.context.Plan;
import llm.core.context.ShorteningStream;
import llm.core.context.TooLong;
import llm.core.context.TurnStart;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.conversation.record.ConversationRecord.HandedOver;
import llm.core.conversation.record.ConversationRecord.Unanswered;
import llm.core.gateway.Gateway;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * Takes turns up: keeps what the user said, then asks the model. Thread-safe; blocks as long as
 * store and model do.
 */
final class Turns {
  private final ConversationSettings settings;
  private final Gateway gateway;
  private final Archive archive;
  private final Residents residents;
  private final TurnStream.Means means;

  Turns(
      ConversationSettings settings,
      Gateway gateway,
      Archive archive,
      Residents residents,
      TurnStream.Means means) {
    this.settings = settings;
    this.gateway = gateway;
    this.archive = archive;
    this.residents = residents;
    this.means = means;
  }

  /** A turn as it was asked for, at {@code startNanos}. */
  private record Asking(
      Conversation conversation, String name, String text, long startNanos, Call call) {}

  /**
   * Answers {@code text} as turn {@code name}, or tells its answer again.
   *
   * @return empty when the conversation is not here any more, and may be found again
   */
  Optional<EventStream<TurnEvent>> take(
      Conversation conversation, String name, String text, Call call) throws LlmException {
    call.span().passOn("gen_ai.conversation.id", conversation.id()).put("llm.turn", name);
    var asking = new Asking(conversation, name, text, means.time().nanoTime(), call);
    boolean queue = settings.concurrentTurns() == ConversationSettings.ConcurrentTurns.QUEUE;
    if (!conversation.enter(name, queue ? settings.queuedTurns() : 0, call)) {
      return Optional.empty();
    }
    boolean given = false;
    try {
      Optional<List<TurnEvent>> told = answeredBefore(asking);
      if (told.isPresent()) {
        return Optional.of(new ReplayedTurn(told.get()));
      }
      EventStream<TurnEvent> stream = begin(asking);
      given = true;
      return Optional.of(stream);
    } finally {
      if (!given) {
        conversation.leave();
      }
    }
  }

  private EventStream<TurnEvent> begin(Asking asking) throws LlmException {
    Conversation conversation = asking.conversation();
    double ratio = conversation.context().ratio();
    means
        .manager()
        .info("user_turn_start")
        .call(asking.call())
        .put("conversation", conversation.id())
        .put("turn", asking.name())
        .put("context_ratio_before", ratio)
        .emit();
    TurnStart begun = begun(conversation, asking.text());
    boolean asked = false;
    boolean kept = false;
    try {
      boolean durable = keepQuestion(asking, begun) && archive.survives();
      kept = true;
      TurnStream stream = ask(asking, begun, ratio, durable);
      asked = true;
      return stream;
    } catch (LlmException failure) {
      if (kept) {
        keepUnanswered(conversation, asking.name(), failure.error());
      }
      throw failure;
    } finally {
      if (!asked) {
        conversation.context().takeBack();
        begun.handover().ifPresent(_ -> conversation.summarizer().release());
      }
    }
  }

  private TurnStart begun(Conversation conversation, String text) throws LlmException {
    try {
      return conversation.context().begin(Message.user(text));
    } catch (TooLong tooLong) {
      String model = conversation.model().value();
      throw new LlmException(
          new LlmError.ContextLengthExceeded(model, tooLong.tokens(), tooLong.limit()), tooLong);
    }
  }

  /** Asks the model, again with less where its provider counts otherwise than we do. */
  private TurnStream ask(Asking asking, TurnStart begun, double ratio, boolean durable)
      throws LlmException {
    Conversation conversation = asking.conversation();
    long sent = means.time().nanoTime();
    var inner =
        new ShorteningStream(conversation.context(), begun.plan(), plan -> ask(asking, plan));
    var turn =
        new TurnStream.Turn(
            conversation,
            asking.name(),
            begun,
            inner::plan,
            asking.startNanos(),
            sent,
            ratio,
            durable,
            asking.call(),
            means);
    return new TurnStream(turn, inner);
  }

  private EventStream<StreamEvent> ask(Asking asking, Plan plan) throws LlmException {
    Conversation conversation = asking.conversation();
    var request =
        ChatRequest.of(conversation.model(), plan.messages())
            .withMaxTokens(conversation.answerTokens());
    long sent = means.time().nanoTime();
    tellSent(asking, request);
    EventStream<StreamEvent> accepted = gateway.stream(request, asking.call());
    tellAccepted(asking, sent);
    return accepted;
  }

  private void tellSent(Asking asking, ChatRequest request) {
    means
        .client()
        .debug("request_send")
        .call(asking.call())
        .put("model", request.model().value())
        .put("turn", asking.name())
        .emit();
  }

  /** Over a network that is when the head of the answer is there. */
  private void tellAccepted(Asking asking, long sent) {
    double ms = (means.time().nanoTime() - sent) / 1e6;
    means.client().debug("request_accepted").call(asking.call()).put("ms", ms).emit();
  }

  /**
   * Before the model is asked: what the user said is not lost whatever comes. A change of context
   * goes with it; where it cannot be kept, it goes with the next one's.
   */
  private boolean keepQuestion(Asking asking, TurnStart begun) throws LlmException {
    Conversation conversation = asking.conversation();
    Instant now = means.time().now();
    Optional<HandedOver> handover =
        begun
            .handover()
            .map(over -> new HandedOver(over.summary(), over.ledger(), over.kept(), now))
            .or(conversation::unkept);
    conversation.unkept(handover);
    List<ConversationRecord> records = new ArrayList<>(2);
    handover.ifPresent(records::add);
    records.add(new Asked(asking.name(), asking.text(), now));
    String head =
        ConversationHead.write(conversation.identity(), conversation.turnsWith(asking.name()));
    try {
      boolean kept = conversation.log().append(records, head);
      if (!kept) {
        means.ends().behind(conversation);
      }
      conversation.unkept(Optional.empty());
      conversation.begun(asking.name());
      return kept;
    } catch (StoreException failure) {
      if (failure.reason() == StoreException.Reason.CONFLICT) {
        throw changed(conversation, failure);
      }
      throw Archive.unavailable(failure);
    }
  }

  /** What is in memory is not what the store has: it is read again next time. */
  private LlmException changed(Conversation conversation, StoreException failure) {
    residents.remove(conversation, Conversation.Gone.STORE);
    LlmError told = archive.changed(conversation.id(), conversation.log().identity());
    return new LlmException(told, failure);
  }

  private void keepUnanswered(Conversation conversation, String name, LlmError error) {
    var end = new Unanswered(name, error.code().wireName(), means.time().now());
    means.ends().keep(conversation, end);
  }

  /** What a turn that was answered is told again as; empty when it is to be answered now. */
  private Optional<List<TurnEvent>> answeredBefore(Asking asking) throws LlmException {
    Conversation conversation = asking.conversation();
    String name = asking.name();
    if (!conversation.knows(name)) {
      return Optional.empty();
    }
    requireAllKept(conversation);
    var search = new ReplayedTurn.Search(name);
    search(conversation, search);
    Optional<ReplayedTurn.Found> found = search.found();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (!found.get().text().equals(asking.text())) {
      throw new LlmException(
          new LlmError.Conflict(
              "Turn " + name + " was begun with another text; name another turn_id."));
    }
    if (found.get().isPart()) {
      forgetPart(conversation, name);
      return Optional.empty();
    }
    return found.get().events(conversation, archive.survives());
  }

  private void search(Conversation conversation, ReplayedTurn.Search search) throws LlmException {
    LogPoint begin = LogPoint.beginOf(conversation.log().identity());
    try {
      archive.each(conversation.id(), begin, search);
    } catch (LlmException failure) {
      if (failure.error() instanceof LlmError.NotFound
          || failure.error() instanceof LlmError.Conflict) {
        residents.remove(conversation, Conversation.Gone.STORE);
      }
      throw failure;
    }
  }

  /** What waits for the store is not there to be read. */
  private void requireAllKept(Conversation conversation) throws LlmException {
    try {
      if (!conversation.log().catchUp()) {
        throw new StoreException(
            StoreException.Reason.UNAVAILABLE,
            "The turn was begun before, and what became of it waits for the store.");
      }
    } catch (StoreException failure) {
      if (failure.reason() == StoreException.Reason.CONFLICT) {
        throw changed(conversation, failure);
      }
      throw Archive.unavailable(failure);
    }
  }

  /** Of a turn that is tried again: neither question nor part of an answer is told any more. */
  private void forgetPart(Conversation conversation, String name) throws LlmException {
    if (!conversation.isLatest(name)) {
      throw new LlmException(
          new LlmError.Conflict(
              "Turn "
                  + name
                  + " was interrupted and the conversation went on; begin another one."));
    }
    conversation.context().takeBack();
    conversation.context().takeBack();
    keepUnanswered(conversation, name, new LlmError.Cancelled(CancelReason.USER));
  }
}
