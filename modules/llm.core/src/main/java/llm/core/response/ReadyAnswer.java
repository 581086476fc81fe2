package llm.core.response;

import llm.domain.chat.ChatRequest;

/** A body that was read, with all that was said before it; nobody was asked yet. Immutable. */
public final class ReadyAnswer {
  private final StoredResponse.Request kept;
  private final ChatRequest request;
  private final boolean stored;

  ReadyAnswer(StoredResponse.Request kept, ChatRequest request, boolean stored) {
    this.kept = kept;
    this.request = request;
    this.stored = stored;
  }

  /** What the model is going to be asked. */
  public ChatRequest request() {
    return request;
  }

  /** What is kept of it. */
  StoredResponse.Request kept() {
    return kept;
  }

  /** Whether its answer is to be kept. */
  boolean isStored() {
    return stored;
  }
}
