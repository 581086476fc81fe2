package llm.core.conversation;

import java.time.Instant;
import java.util.Optional;
import llm.domain.model.ModelName;

/**
 * A conversation as its owner sees it.
 *
 * @param identity what never changes
 * @param turns begun
 * @param runningTurn the turn that is being answered; empty when none is
 * @param waitingTurns that come after it
 * @param contextRatio the share of the room for prompts that is taken; empty when it is not in
 *     memory
 * @param changedAt when something was last kept of it
 */
public record ConversationInfo(
    Identity identity,
    int turns,
    Optional<String> runningTurn,
    int waitingTurns,
    Optional<Double> contextRatio,
    Instant changedAt) {

  /**
   * What never changes.
   *
   * @param id {@code [A-Za-z0-9._:-]{1,128}}
   * @param model that answers
   * @param owner the name of the principal whose it is
   * @param createdAt when it began
   */
  public record Identity(String id, ModelName model, String owner, Instant createdAt) {}
}
