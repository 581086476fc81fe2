package llm.core.context;

/**
 * What of a model's window a conversation uses, and when it changes to a fresh context.
 *
 * @param tokens prompt and answer together
 * @param answerTokens kept free for the answer, 1 or more, fewer than {@code tokens}
 * @param summaryTokens the most a summary may take
 * @param warmupRatio the share of the room for prompts at which the next context is made ready,
 *     over 0
 * @param handoverRatio the share from which on the next turn runs in it, {@code warmupRatio} to 1
 * @param keptMessages messages at the end that go on word by word beside the summary
 */
public record Window(
    int tokens,
    int answerTokens,
    int summaryTokens,
    double warmupRatio,
    double handoverRatio,
    int keptMessages) {

  private static final double KEPT_SHARE = 0.75; // of the room below the warm-up ratio

  /** Rejects what leaves no room or has no order. */
  public Window {
    if (answerTokens < 1 || answerTokens >= tokens) {
      throw new IllegalArgumentException(
          "an answer of " + answerTokens + " tokens leaves no room in a window of " + tokens);
    }
    if (summaryTokens < 1) {
      throw new IllegalArgumentException("a summary needs 1 token or more");
    }
    if (!(warmupRatio > 0 && warmupRatio <= handoverRatio && handoverRatio <= 1)) {
      throw new IllegalArgumentException(
          "0 < warmup ratio <= handover ratio <= 1, got " + warmupRatio + " and " + handoverRatio);
    }
    if (keptMessages < 0) {
      throw new IllegalArgumentException("kept messages are 0 or more");
    }
  }

  /**
   * Tokens that a prompt may take behind a handover beside its summary: so few that the next one is
   * not due at once.
   */
  int keptTokens() {
    return (int) (promptTokens() * warmupRatio * KEPT_SHARE) - summaryTokens;
  }

  /** The share from which on a warm-up is late: half of what lies between its start and its end. */
  double urgentRatio() {
    return (warmupRatio + handoverRatio) / 2;
  }

  /** One of fewer tokens; the answer has at most half of them. */
  Window of(int fewer) {
    int answer = Math.clamp(answerTokens, 1, Math.max(1, fewer / 2));
    int summary = Math.clamp(summaryTokens, 1, Math.max(1, (fewer - answer) / 2));
    return new Window(
        Math.max(2, fewer), answer, summary, warmupRatio, handoverRatio, keptMessages);
  }

  /** Characters of a ledger: about an eighth of the room for prompts, at four a token. */
  int ledgerChars() {
    return Math.max(Ledger.MAX_ENTRY_CHARS, promptTokens() / 2);
  }

  /** Tokens that a prompt may take. */
  public int promptTokens() {
    return tokens - answerTokens;
  }
}
