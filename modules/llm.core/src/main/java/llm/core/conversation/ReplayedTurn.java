package llm.core.conversation;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Answered;
import llm.core.conversation.record.ConversationRecord.Asked;
import llm.core.conversation.record.ConversationRecord.Unanswered;
import llm.domain.call.EventStream;

/** A turn that was answered before, told again. One thread. */
final class ReplayedTurn implements EventStream<TurnEvent> {
  private final ArrayDeque<TurnEvent> events;

  ReplayedTurn(List<TurnEvent> events) {
    this.events = new ArrayDeque<>(events);
  }

  /**
   * What the records say of a turn.
   *
   * @param text what the user said
   * @param answer the last one; empty when there is none
   */
  record Found(String turn, String text, Optional<Answered> answer) {

    /** Whether only a part of an answer came. */
    boolean isPart() {
      return answer.isPresent() && answer.get().finish().isEmpty();
    }

    /** The answer as events; empty when there is none. */
    Optional<List<TurnEvent>> events(Conversation conversation, boolean durable) {
      return answer.map(said ->
          List.of(
              new TurnEvent.Started(conversation.id(), turn, true),
              new TurnEvent.Chunk(said.text(), false),
              new TurnEvent.Chunk("", true),
              new TurnEvent.Finished(report(said, conversation.context().ratio(), durable))));
    }

    private TurnReport report(Answered said, double ratio, boolean durable) {
      return new TurnReport(
          turn,
          said.finish(),
          said.usage(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          ratio,
          ratio,
          OptionalDouble.empty(),
          0,
          durable);
    }
  }

  /** Looks a turn up in the records that it is given one by one. */
  static final class Search implements Consumer<ConversationRecord> {
    private final String turn;
    private Found found; // null until it was begun

    Search(String turn) {
      this.turn = turn;
    }

    /** What was found; empty when it was never begun. */
    Optional<Found> found() {
      return Optional.ofNullable(found);
    }

    @Override
    public void accept(ConversationRecord record) {
      if (record instanceof Asked asked && asked.turn().equals(turn)) {
        found = new Found(turn, asked.text(), Optional.empty());
      } else if (found != null && record instanceof Answered said && said.turn().equals(turn)) {
        found = new Found(turn, found.text(), Optional.of(said));
      } else if (found != null && record instanceof Unanswered not && not.turn().equals(turn)) {
        found = new Found(turn, found.text(), Optional.empty());
      }
    }
  }

  @Override
  public TurnEvent next() {
    if (events.isEmpty()) {
      throw new IllegalStateException("the turn has ended");
    }
    return events.remove();
  }

  @Override
  public boolean hasReady() {
    return !events.isEmpty();
  }

  @Override
  public void close() {
    // nothing goes on
  }
}
