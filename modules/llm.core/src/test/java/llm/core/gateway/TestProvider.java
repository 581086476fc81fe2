package llm.core.gateway;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.SchemaSupport;
import llm.domain.port.ChatProvider;
import llm.domain.port.Continuation;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/** A provider whose streams a test makes; it keeps what it was asked. */
final class TestProvider implements ChatProvider {
  /** What a test says instead of a model. */
  @FunctionalInterface
  interface Answer {
    EventStream<StreamEvent> to(ChatRequest request, Call call) throws LlmException;
  }

  private final String id;
  private final List<ModelInfo> models;
  private final Answer answer;
  final List<ChatRequest> asked = new ArrayList<>();
  boolean closed;
  Optional<String> prefix = Optional.empty();
  Continuation continuation = Continuation.NEVER;
  SchemaSupport schemas = SchemaSupport.NATIVE;

  private TestProvider(String id, List<ModelInfo> models, Answer answer) {
    this.id = id;
    this.models = models;
    this.answer = answer;
  }

  /** A provider {@code id} with one model of the same name, known by the catalogue only. */
  static TestProvider of(String id, Answer answer) {
    return new TestProvider(id, List.of(info(id, id, Optional.empty())), answer);
  }

  /** The same with a model that it knows itself. */
  static TestProvider knowing(String id, ModelSpec spec, Answer answer) {
    return new TestProvider(id, List.of(info(id, id, Optional.of(spec))), answer);
  }

  /** One that plays these events, whatever they are, to everyone. */
  static TestProvider playing(String id, StreamEvent... events) {
    return of(id, (_, _) -> new Played(events));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    asked.add(request);
    return answer.to(request, call);
  }

  @Override
  public List<ModelInfo> models() {
    return models;
  }

  @Override
  public Continuation continuation(ChatRequest request) {
    return continuation;
  }

  @Override
  public SchemaSupport schemaSupport(ModelName model) {
    return schemas;
  }

  @Override
  public Optional<String> systemPrefix() {
    return prefix;
  }

  @Override
  public ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "fine");
  }

  @Override
  public void close() {
    closed = true;
    if (id.equals("unclosable")) {
      throw new IllegalStateException("stuck");
    }
  }

  private static ModelInfo info(String model, String provider, Optional<ModelSpec> spec) {
    return new ModelInfo(model, provider, Instant.EPOCH, spec, "For tests.");
  }

  /** Plays its events and then knows no more: asked again, it throws. */
  static final class Played implements EventStream<StreamEvent> {
    private final StreamEvent[] events;
    private int next;
    int closes;

    Played(StreamEvent... events) {
      this.events = events;
    }

    @Override
    public StreamEvent next() {
      if (next == events.length) {
        throw new IllegalStateException("nothing left to play");
      }
      return events[next++];
    }

    @Override
    public boolean hasReady() {
      return next < events.length;
    }

    @Override
    public void close() {
      closes++;
    }
  }
}
