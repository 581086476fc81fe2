package llm.providers.openai;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.connection.Connections;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.openai.upstream.ChunkReader;
import llm.core.dialect.openai.upstream.EmbeddingReader;
import llm.core.dialect.openai.upstream.EmbeddingRequestWriter;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.openai.upstream.UpstreamFailures;
import llm.core.provider.ProviderContext;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.providers.transport.Transport;
import llm.providers.transport.UpstreamResponse;

/**
 * The models of one upstream. A model is asked for as {@code <name>/<model>}, whether the upstream
 * lists it or not, and as {@code <model>} when it does. Requests are written, sent and read on the
 * caller's thread.
 */
final class OpenAiProvider implements ChatProvider {
  private static final String CHAT = "/chat/completions";
  private static final String EMBEDDINGS = "/embeddings";

  /** The longest vectors of the most inputs take about as much; of an answer more is not read. */
  private static final int MOST_EMBEDDINGS_BYTES = 128 * 1024 * 1024;

  private final String id;
  private final String prefix;
  private final RequestTraits traits;
  private final Transport transport;
  private final ProviderContext context;
  private final Exchange exchange;
  private final ModelWatch watch;
  private final Instant created;
  private final String description;
  private final int mostAtOnce;
  private final Set<Call> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private OpenAiProvider(UpstreamSettings settings, Transport transport, ProviderContext context) {
    this.id = settings.name();
    this.prefix = id + "/";
    this.traits = settings.server().traits(settings.streamUsage());
    this.transport = transport;
    this.context = context;
    this.exchange = new Exchange(settings, transport, context.time());
    this.mostAtOnce = settings.transport().maxConnections();
    this.watch = new ModelWatch(settings, exchange, context, this::isFull);
    this.created = context.time().now();
    this.description = "A model of upstream '" + id + "'.";
  }

  /** The provider, already asking its upstream for models. */
  static OpenAiProvider start(
      UpstreamSettings settings, Transport transport, ProviderContext context) {
    var provider = new OpenAiProvider(settings, transport, context);
    provider.watch.start();
    return provider;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    return start(request, call, true);
  }

  @Override
  public ChatResult complete(ChatRequest request, Call call) throws LlmException {
    return ResultCollector.collect(request.model().value(), start(request, call, false));
  }

  @Override
  public boolean answersWhole() {
    return true;
  }

  @Override
  public Optional<Dialect> dialect() {
    return Optional.of(Dialect.OPENAI_CHAT);
  }

  /** Any model may; the upstream refuses those that cannot. */
  @Override
  public Optional<EmbeddingProvider> embeddings(ModelName model) {
    return model(model).isPresent() ? Optional.of(this::embed) : Optional.empty();
  }

  @Override
  public Optional<ConnectionWarmer> connection() {
    return Optional.of(watch);
  }

  @Override
  public List<ModelInfo> models() {
    return watch.models().stream().map(model -> info(prefix + model)).toList();
  }

  @Override
  public Optional<ModelInfo> model(ModelName name) {
    String asked = name.value();
    boolean ours = isPrefixed(asked) || watch.lists(asked);
    return ours ? Optional.of(info(asked)) : Optional.empty();
  }

  @Override
  public ProviderHealth health() {
    return watch.health();
  }

  @Override
  public void close() {
    closed = true;
    watch.close();
    running.forEach(call -> call.cancel(CancelReason.SHUTDOWN));
    transport.close();
  }

  private EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    validateModel(request.model());
    String model = request.model().value();
    byte[] body = ChatRequestWriter.write(request, atUpstream(model), stream, traits);
    begins(call);
    boolean accepted = false;
    try {
      requireOpen();
      UpstreamFailures said = exchange.failures().ofPrompt(model);
      UpstreamResponse response = ask(CHAT, body, call, stream, said);
      var reader = new ChunkReader(said, this::callId);
      if (request.sampling().topLogprobs().isPresent()) {
        reader.withLogprobs();
      }
      var events =
          new ChatStream(
              response,
              reader,
              exchange,
              call,
              model,
              context.alarms(),
              () -> running.remove(call));
      accepted = true;
      return events;
    } finally {
      if (!accepted) {
        running.remove(call);
      }
    }
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    validateModel(request.model());
    String model = request.model().value();
    byte[] body = EmbeddingRequestWriter.write(request, atUpstream(model), traits);
    begins(call);
    try {
      requireOpen();
      try (UpstreamResponse response = ask(EMBEDDINGS, body, call, false, exchange.failures())) {
        byte[] answer = exchange.whole(response, MOST_EMBEDDINGS_BYTES, call);
        return EmbeddingReader.read(answer, model, request.inputs().size(), exchange.failures());
      }
    } finally {
      running.remove(call);
    }
  }

  /** What we ask of our own accord has no place where requests need all of them. */
  private void begins(Call call) {
    running.add(call);
    if (isFull()) {
      watch.makeWay();
      if (running.size() > mostAtOnce) {
        running.stream().filter(this::isOurs).forEach(ours -> ours.cancel(CancelReason.CLOSED));
      }
    }
  }

  /** An empty generation that nobody waits for. */
  private boolean isOurs(Call call) {
    return call.principal().equals(Connections.KEEPER);
  }

  private boolean isFull() {
    return running.size() >= mostAtOnce;
  }

  private void requireOpen() throws LlmException {
    if (closed) {
      throw new LlmException(new LlmError.Cancelled(CancelReason.SHUTDOWN));
    }
  }

  private UpstreamResponse ask(
      String path, byte[] body, Call call, boolean stream, UpstreamFailures said)
      throws LlmException {
    try {
      UpstreamResponse response = exchange.post(path, body, call, stream, said);
      watch.served();
      return response;
    } catch (LlmException refused) {
      watch.failed(refused.error());
      throw refused;
    }
  }

  private String callId() {
    return "call_" + context.ids().next().toString().replace("-", "").substring(0, 24);
  }

  private boolean isPrefixed(String asked) {
    return asked.startsWith(prefix) && asked.length() > prefix.length();
  }

  /** A listed id that begins with our own name is taken as it is listed. */
  private String atUpstream(String asked) {
    return isPrefixed(asked) && !watch.lists(asked) ? asked.substring(prefix.length()) : asked;
  }

  private ModelInfo info(String asked) {
    return new ModelInfo(asked, id, created, Optional.empty(), description);
  }
}
