package llm.core.testkit;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/** A provider that is up and has models, but is to be asked for something else than answers. */
public abstract class ChatlessProvider implements ChatProvider {
  private final String id;
  private final List<ModelInfo> models;

  /** One of this name with these models. */
  protected ChatlessProvider(String id, String... models) {
    this.id = id;
    this.models =
        List.of(models).stream()
            .map(name -> new ModelInfo(name, id, Instant.EPOCH, Optional.empty(), "For tests."))
            .toList();
  }

  @Override
  public final String id() {
    return id;
  }

  /** Fails the test. */
  @Override
  public final EventStream<StreamEvent> stream(ChatRequest request, Call call) {
    throw new AssertionError("chat was asked");
  }

  @Override
  public final List<ModelInfo> models() {
    return models;
  }

  @Override
  public final ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "Fine.");
  }

  @Override
  public final void close() {
    // nothing is held
  }
}
