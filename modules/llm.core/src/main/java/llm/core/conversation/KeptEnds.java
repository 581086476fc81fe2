package llm.core.conversation;

import llm.core.conversation.record.ConversationRecord;
import llm.core.telemetry.Log;
import llm.domain.store.StoreException;

/** Keeps the ends of turns, at once or as soon as the store takes them. Thread-safe. */
final class KeptEnds implements TurnStream.TurnEnds {
  private final Residents residents;
  private final CatchUp catchUp;
  private final Log log;

  KeptEnds(Residents residents, CatchUp catchUp, Log log) {
    this.residents = residents;
    this.catchUp = catchUp;
    this.log = log;
  }

  @Override
  public void behind(Conversation conversation) {
    catchUp.add(conversation);
  }

  @Override
  public boolean keep(Conversation conversation, ConversationRecord end) {
    try {
      boolean kept = conversation.log().appendEnd(end);
      if (!kept) {
        catchUp.add(conversation);
      }
      return kept;
    } catch (StoreException failure) {
      // What is in memory is not what the store has: it is read again next time.
      residents.remove(conversation, Conversation.Gone.STORE);
      log.error("turn_not_kept").put("conversation", conversation.id()).cause(failure).emit();
      return false;
    }
  }
}
