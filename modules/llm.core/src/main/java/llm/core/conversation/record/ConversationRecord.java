package llm.core.conversation.record;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import llm.core.context.Ledger;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.model.ModelName;

/**
 * What happened in a conversation, as it is kept: reading all of it again gives the conversation.
 */
public sealed interface ConversationRecord {

  /** When it happened, to the millisecond. */
  Instant at();

  /**
   * It began.
   *
   * @param model that answers
   * @param owner whose it is
   * @param system who the assistant is; the first message of each prompt begins with it
   * @param metadata whether answers come with what is judged of them
   */
  record Created(ModelName model, String owner, String system, boolean metadata, Instant at)
      implements ConversationRecord {
    /** Whether {@code other} begins the same, at whatever time. */
    public boolean isLike(Created other) {
      return equals(new Created(other.model, other.owner, other.system, other.metadata, at));
    }
  }

  /**
   * The user said something.
   *
   * @param turn the turn that this begins; one that was begun before is tried again
   */
  record Asked(String turn, String text, Instant at) implements ConversationRecord {}

  /**
   * The assistant said something.
   *
   * @param turn the turn that this ends
   * @param text the answer, or as much of it as came
   * @param finish why it ended; empty when it was interrupted
   */
  record Answered(String turn, String text, Optional<FinishReason> finish, Usage usage, Instant at)
      implements ConversationRecord {}

  /**
   * A turn ended without any answer; its message is told to no model.
   *
   * @param code what failed, as errors on the wire name it
   */
  record Unanswered(String turn, String code, Instant at) implements ConversationRecord {}

  /**
   * The conversation went on in a new context. It comes behind the turn that it was made before.
   *
   * @param summary what that begins with
   * @param ledger all of it
   * @param kept messages before this turn's that went on word by word
   */
  record HandedOver(String summary, Ledger ledger, int kept, Instant at)
      implements ConversationRecord {}

  /** Something not to forget was said by the program that talks. */
  record Noted(List<Ledger.Entry> entries, Instant at) implements ConversationRecord {
    /** Copies the list. */
    public Noted {
      entries = List.copyOf(entries);
    }
  }
}
