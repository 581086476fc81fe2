package llm.providers.mock;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.concurrent.Alarms;
import llm.core.scripted.ScriptedStream;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.PrefixWarmer;
import llm.domain.port.ProviderHealth;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * Models without a model, for development: {@code mock} says back what the user said, {@code
 * mock-demo} plays a short scripted demo with a tool call. {@code mock} makes vectors, too. Four
 * characters count as a token. No token is chosen, so all of sampling but {@code stop} says nothing
 * here; what it would pass over is refused ({@link MockLimits}). Prefixes are kept in appearance
 * ({@link MockPrefixes}).
 */
final class MockProvider implements ChatProvider {
  static final String ID = "mock";
  static final String ECHO_MODEL = "mock";
  static final String DEMO_MODEL = "mock-demo";

  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
  private static final List<ModelInfo> MODELS =
      List.of(
          info(
              ECHO_MODEL,
              "Says back the last user message, word by word; makes embeddings of hashes."),
          info(DEMO_MODEL, "Plays a short scripted demo; calls the first tool that is offered."));

  private static final TokenCounter COUNTER = new TokenEstimator();

  private final MockSettings settings;
  private final Alarms alarms;
  private final IdSource ids;
  private final Set<Call> running = ConcurrentHashMap.newKeySet();
  private final MockPrefixes prefixes;
  private volatile boolean closed;

  MockProvider(MockSettings settings, Alarms alarms, IdSource ids) {
    this.settings = settings;
    this.alarms = alarms;
    this.ids = ids;
    this.prefixes = new MockPrefixes(COUNTER, alarms.time());
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public boolean answersHere() {
    return true;
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    validateModel(request.model());
    requireOpen(request.model());
    MockLimits.require(request);
    var prompt = new Usage(COUNTER.countPrompt(request), 0, prefixes.cachedTokens(request));
    var script = new MockScript(request, MockAnswer.to(request, ids), settings, prompt);
    running.add(call);
    if (closed) {
      call.cancel(CancelReason.SHUTDOWN);
    }
    return new ScriptedStream(
        script, ID, script::usageAfter, call, alarms, () -> running.remove(call));
  }

  @Override
  public Optional<EmbeddingProvider> embeddings(ModelName model) {
    return model.value().equals(ECHO_MODEL) ? Optional.of(this::embed) : Optional.empty();
  }

  @Override
  public Optional<PrefixWarmer> prefixes(ModelName model) {
    return Optional.of(prefixes);
  }

  /** Pretends, at once. */
  @Override
  public Optional<ConnectionWarmer> connection() {
    return Optional.of(_ -> OptionalInt.empty());
  }

  @Override
  public Optional<String> systemPrefix() {
    return settings.systemPrefix();
  }

  /** As it stands in the usage of an answer. */
  @Override
  public OptionalInt countPrompt(ChatRequest request, Call call) {
    return OptionalInt.of(COUNTER.countPrompt(request));
  }

  @Override
  public List<ModelInfo> models() {
    return MODELS;
  }

  @Override
  public ProviderHealth health() {
    return closed
        ? new ProviderHealth(ProviderHealth.Status.DOWN, "Closed.")
        : new ProviderHealth(ProviderHealth.Status.UP, "Always there.");
  }

  @Override
  public void close() {
    closed = true;
    running.forEach(call -> call.cancel(CancelReason.SHUTDOWN));
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    requireOpen(request.model());
    return MockVectors.of(request, call);
  }

  private void requireOpen(ModelName model) throws LlmException {
    if (closed) {
      throw new LlmException(new LlmError.ModelUnavailable(model.value(), "The mock was closed."));
    }
  }

  private static ModelInfo info(String id, String description) {
    return new ModelInfo(id, ID, CREATED, Optional.empty(), description);
  }
}
