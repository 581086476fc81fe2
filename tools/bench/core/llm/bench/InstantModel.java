package llm.bench;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.model.ModelSpec;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/** A model {@code m} that answers at once, in pieces of a word; keeps when it was asked what. */
final class InstantModel implements ChatProvider {
  static final int PIECES = 40;
  private static final String PIECE = "word ";

  private final ModelSpec spec;
  private volatile long askedNanos;
  private volatile ChatRequest asked;

  InstantModel(int contextTokens) {
    spec =
        new ModelSpec(contextTokens, 64, true, false, false, Optional.empty(), Optional.empty());
  }

  /** When it was asked last. */
  long askedNanos() {
    return askedNanos;
  }

  /** What it was asked last. */
  ChatRequest asked() {
    return asked;
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
    askedNanos = System.nanoTime();
    asked = request;
    return new Answer(request.messages().size());
  }

  @Override
  public String id() {
    return "instant";
  }

  @Override
  public List<ModelInfo> models() {
    return List.of(new ModelInfo("m", "instant", Instant.EPOCH, Optional.of(spec), "Instant."));
  }

  @Override
  public ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "fine");
  }

  @Override
  public void close() {
    // nothing is held
  }

  private static final class Answer implements EventStream<StreamEvent> {
    private static final StreamEvent STARTED = new StreamEvent.Started("m");
    private static final StreamEvent DELTA = new StreamEvent.TextDelta(PIECE);
    private final int messages;
    private int next;

    private Answer(int messages) {
      this.messages = messages;
    }

    @Override
    public StreamEvent next() {
      int at = next++;
      if (at == 0) {
        return STARTED;
      }
      return at <= PIECES
          ? DELTA
          : new StreamEvent.Done(FinishReason.STOP, new Usage(messages * 30, PIECES, 0));
    }

    @Override
    public boolean hasReady() {
      return true;
    }

    @Override
    public void close() {
      // nothing is held
    }
  }
}
