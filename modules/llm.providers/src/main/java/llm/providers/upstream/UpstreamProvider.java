package llm.providers.upstream;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import llm.core.connection.Connections;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.provider.ProviderContext;
import llm.core.template.SpokenTools;
import llm.core.template.answer.AnswerParser;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.providers.transport.Transport;
import llm.providers.transport.UpstreamResponse;

/**
 * The models of one upstream. A model is asked for as {@code <name>/<model>}, whether the upstream
 * lists it or not, and as {@code <model>} when it does. Requests are written, sent and read on the
 * caller's thread. What dialect is spoken is said by who extends this.
 */
public abstract class UpstreamProvider implements ChatProvider {
  private final String id;
  private final String prefix;
  private final Transport transport;
  private final ProviderContext context;
  private final Exchange exchange;
  private final ModelWatch watch;
  private final Instant created;
  private final String description;
  private final Optional<String> systemPrefix;
  private final SchemaForm schemas;
  private final int mostAtOnce;
  private final Set<Call> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** A provider that has not begun to ask for its models; it closes the transport. */
  protected UpstreamProvider(Upstream settings, Transport transport, ProviderContext context) {
    this.id = settings.name();
    this.prefix = id + "/";
    this.transport = transport;
    this.context = context;
    this.exchange = new Exchange(settings, transport, context.time());
    this.systemPrefix = settings.systemPrefix();
    this.schemas = settings.schemas();
    this.mostAtOnce = settings.transport().maxConnections();
    this.watch = new ModelWatch(settings, exchange, context, this::isFull);
    this.created = context.time().now();
    this.description = "A model of upstream '" + id + "'.";
  }

  /** Begins to ask the upstream for its models. */
  public final void begin() {
    watch.start();
  }

  /** Asks for an answer, as a stream or in one piece; see {@link #answer}. */
  protected abstract EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException;

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    return asked(request, call, true);
  }

  @Override
  public final ChatResult complete(ChatRequest request, Call call) throws LlmException {
    return ResultCollector.collect(request.model().value(), asked(request, call, false));
  }

  /** How tools are told to a model that knows only text; empty where they are the upstream's. */
  protected Optional<SpokenTools> spokenTools() {
    return Optional.empty();
  }

  private EventStream<StreamEvent> asked(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    Optional<SpokenTools> words = spokenTools();
    if (words.isEmpty()) {
      return start(request, call, stream);
    }
    if (request.sampling().topLogprobs().isPresent()) {
      throw new LlmException(
          new LlmError.Unsupported(
              "logprobs",
              "Model '"
                  + request.model()
                  + "' tells none: its words are read for calls of tools (tool_format)."));
    }
    AnswerParser parser = words.get().parser(request, this::callId);
    return new ReadCalls(start(words.get().spoken(request), call, stream), parser);
  }

  @Override
  public final SchemaSupport schemaSupport(ModelName model) {
    return schemas.meaning(usualSchemaSupport(model));
  }

  /** What is known of this kind of upstream, and of the model. */
  protected SchemaSupport usualSchemaSupport(ModelName model) {
    return SchemaSupport.NATIVE;
  }

  @Override
  public final Optional<String> systemPrefix() {
    return systemPrefix;
  }

  @Override
  public final boolean answersWhole() {
    return true;
  }

  @Override
  public final Optional<ConnectionWarmer> connection() {
    return Optional.of(watch);
  }

  @Override
  public final List<ModelInfo> models() {
    return watch.models().stream().map(model -> info(prefix + model)).toList();
  }

  @Override
  public final Optional<ModelInfo> model(ModelName name) {
    String asked = name.value();
    boolean ours = isPrefixed(asked) || watch.lists(asked);
    return ours ? Optional.of(info(asked)) : Optional.empty();
  }

  @Override
  public final ProviderHealth health() {
    return watch.health();
  }

  @Override
  public final void close() {
    closed = true;
    watch.close();
    running.forEach(call -> call.cancel(CancelReason.SHUTDOWN));
    transport.close();
  }

  /**
   * Posts a request for an answer to {@code model} and gives what comes as events.
   *
   * @param readers makes the answer's reader, given what to say of failures
   */
  protected final EventStream<StreamEvent> answer(
      String path,
      byte[] body,
      ModelName model,
      Call call,
      boolean stream,
      Function<UpstreamFailures, AnswerReader> readers)
      throws LlmException {
    return answer(Question.post(path, body, stream), model, call, readers);
  }

  /** Asks for an answer to {@code model} and gives what comes as events; see the other. */
  protected final EventStream<StreamEvent> answer(
      Question question,
      ModelName model,
      Call call,
      Function<UpstreamFailures, AnswerReader> readers)
      throws LlmException {
    begins(call);
    boolean accepted = false;
    try {
      requireOpen();
      UpstreamFailures said = exchange.failures().ofPrompt(model.value());
      UpstreamResponse response = ask(question, call, said);
      var events =
          new AnswerStream(
              response,
              readers.apply(said),
              question.framing(),
              exchange,
              call,
              model.value(),
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

  /** Posts what is answered in one piece of at most {@code most} bytes, and gives that. */
  protected final byte[] whole(String path, byte[] body, Call call, int most) throws LlmException {
    begins(call);
    try {
      requireOpen();
      try (UpstreamResponse response =
          ask(Question.post(path, body, false), call, exchange.failures())) {
        return exchange.whole(response, most, call);
      }
    } finally {
      running.remove(call);
    }
  }

  /** What to say of this upstream's failures. */
  protected final UpstreamFailures failures() {
    return exchange.failures();
  }

  /** An id for a tool call that came without. */
  protected final String callId() {
    return "call_" + context.ids().next().toString().replace("-", "").substring(0, 24);
  }

  /** The model's id there: one that begins with our own name is taken as it is listed. */
  protected final String atUpstream(ModelName model) {
    String asked = model.value();
    return isPrefixed(asked) && !watch.lists(asked) ? asked.substring(prefix.length()) : asked;
  }

  /** An empty generation that nobody waits for. */
  protected static boolean isOurs(Call call) {
    return call.principal().equals(Connections.KEEPER);
  }

  /** What we ask of our own accord has no place where requests need all of them. */
  private void begins(Call call) {
    running.add(call);
    if (isFull()) {
      watch.makeWay();
      if (running.size() > mostAtOnce) {
        running.stream()
            .filter(UpstreamProvider::isOurs)
            .forEach(ours -> ours.cancel(CancelReason.CLOSED));
      }
    }
  }

  private boolean isFull() {
    return running.size() >= mostAtOnce;
  }

  private void requireOpen() throws LlmException {
    if (closed) {
      throw new LlmException(new LlmError.Cancelled(CancelReason.SHUTDOWN));
    }
  }

  private UpstreamResponse ask(Question question, Call call, UpstreamFailures said)
      throws LlmException {
    try {
      UpstreamResponse response = exchange.ask(question, call, said);
      watch.served();
      return response;
    } catch (LlmException refused) {
      watch.failed(refused.error());
      throw refused;
    }
  }

  private boolean isPrefixed(String asked) {
    return asked.startsWith(prefix) && asked.length() > prefix.length();
  }

  private ModelInfo info(String asked) {
    return new ModelInfo(asked, id, created, Optional.empty(), description);
  }
}
