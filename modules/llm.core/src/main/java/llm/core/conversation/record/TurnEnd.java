package llm.core.conversation.record;

/** How a turn ended. */
public enum TurnEnd {
  /** With a whole answer. */
  ANSWERED,
  /** With a part of one. */
  INTERRUPTED,
  /** Without any. */
  UNANSWERED
}
