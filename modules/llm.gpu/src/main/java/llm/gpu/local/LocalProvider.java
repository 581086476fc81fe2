package llm.gpu.local;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import llm.core.dialect.prediction.PredictionField;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.Role;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.Continuation;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ModelMemory;
import llm.domain.port.Nuance;
import llm.domain.port.PrefixWarmer;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ProviderHealth.Status;
import llm.domain.prompt.WarmPrefixId;
import llm.gpu.engine.Engine;
import llm.gpu.engine.EngineSettings;
import llm.gpu.engine.EngineStatus;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.llama.Library;
import llm.gpu.memory.MemoryBudget;
import llm.gpu.memory.ModelNeed;
import llm.gpu.nvml.GpuWatch;
import llm.gpu.vectors.Encoders;

/**
 * GGUF models in this process. Requests are queued in order; tools are offered by models whose chat
 * template says how, fields that are not known here are ignored.
 */
final class LocalProvider implements ChatProvider {
  /** The provider's id and that of its first model. */
  static final String ID = "local";

  private final ModelCatalogue catalogue;
  private final EngineSettings settings;
  private final Optional<String> systemPrefix;
  private final Engine engine;
  private final GpuWatch gpu;
  private final ModelMemory memory;
  private final PrefixWarmer warmer = new Warmer();

  /** Owns {@code engine} and {@code gpu} from now on. */
  LocalProvider(ModelCatalogue catalogue, LocalSettings settings, Engine engine, GpuWatch gpu) {
    this.catalogue = catalogue;
    this.settings = settings.engine();
    this.systemPrefix = settings.systemPrefix();
    this.engine = engine;
    this.gpu = gpu;
    this.memory = new LocalMemory(catalogue, engine, settings.warm(), gpu::sight);
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
    ModelEntry entry = entryFor(request);
    ChatRequest adapted = adapted(request, entry);
    Optional<AnswerGrammar> grammar = entry.calls(adapted);
    if (grammar.isEmpty()) {
      Optional<AnswerGrammar> asked = engine.asked(adapted);
      grammar = asked.isEmpty() ? asked : Optional.of(entry.formed(asked.get(), adapted));
    }
    return engine.submit(adapted, entry.file(), call, grammar);
  }

  /** From the end of the text where the model's chat template can say that, as most can. */
  @Override
  public Continuation continuation(ChatRequest request) {
    return catalogue
        .find(request.model().value())
        .map(ModelEntry::continuation)
        .orElse(Continuation.NEVER);
  }

  @Override
  public Optional<String> systemPrefix() {
    return systemPrefix;
  }

  /** By the model's own template and tokenizer. */
  @Override
  public OptionalInt countPrompt(ChatRequest request, Call call) throws LlmException {
    ModelEntry entry = entryFor(request);
    return OptionalInt.of(engine.count(adapted(request, entry), entry.file(), call));
  }

  /** Of any model that is known; asking for one that only makes vectors answers with the reason. */
  @Override
  public Optional<PrefixWarmer> prefixes(ModelName model) {
    return catalogue.find(model.value()).map(_ -> warmer);
  }

  /** Has the model in memory: a request of one token is begun, and left. */
  @Override
  public Optional<ConnectionWarmer> connection(ModelName model) {
    return catalogue.find(model.value()).map(_ -> call -> load(model, call));
  }

  private OptionalInt load(ModelName model, Call call) throws LlmException {
    ChatRequest nothing = ChatRequest.of(model, List.of(Message.user(""))).withMaxTokens(1);
    try (var stream = stream(nothing, call)) {
      StreamEvent first = stream.next();
      if (first instanceof StreamEvent.Failed failed) {
        throw new LlmException(failed.error());
      }
      if (first instanceof StreamEvent.Cancelled cancelled) {
        throw new LlmException(new LlmError.Cancelled(cancelled.reason()));
      }
      return OptionalInt.empty();
    }
  }

  @Override
  public boolean takesAdapters(ModelName model) {
    return true;
  }

  /** Predictions are of use where anything is drafted. */
  @Override
  public Set<Nuance> leavesOut(ModelName model) {
    Set<Nuance> left = EnumSet.copyOf(ChatProvider.super.leavesOut(model));
    if (settings.speculation().isOn()) {
      left.remove(Nuance.PREDICTION);
    }
    return left;
  }

  /** With the adapters of its model, by their names. */
  private ChatRequest adapted(ChatRequest request, ModelEntry entry) throws LlmException {
    return AdapterChoice.resolve(request, entry, catalogue.of(entry.file()));
  }

  /**
   * No adapter does. A file that ranks makes vectors where the settings say how; all others do
   * anyway.
   */
  @Override
  public Optional<EmbeddingProvider> embeddings(ModelName model) {
    boolean forced = settings.vectors().pooling().isPresent();
    return catalogue
        .find(model.value())
        .filter(entry -> entry.adapter().isEmpty())
        .filter(entry -> forced || entry.header().filter(GgufHeader::ranks).isEmpty())
        .map(_ -> this::embed);
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    ModelEntry entry = catalogue.require(request.model().value());
    return engine.embed(request, entry.file(), call);
  }

  @Override
  public Optional<ModelMemory> memory() {
    return Optional.of(memory);
  }

  @Override
  public List<ModelInfo> models() {
    return catalogue.list().stream()
        .filter(this::isThere)
        .map(entry -> entry.info(settings))
        .toList();
  }

  /** A file that cannot be used is known too: asking for it answers with the reason. */
  @Override
  public Optional<ModelInfo> model(ModelName model) {
    return catalogue
        .offered(model.value())
        .filter(this::isThere)
        .map(entry -> entry.info(settings));
  }

  @Override
  public void validateModel(ModelName model) throws LlmException {
    ModelEntry entry = catalogue.require(model.value());
    if (!isThere(entry)) {
      throw new LlmException(
          new LlmError.ModelUnavailable(model.value(), engine.status().failure().orElse("")));
    }
  }

  /** The model that comes with the program is none where the library cannot be used. */
  private boolean isThere(ModelEntry entry) {
    return !entry.id().equals(BuiltinModel.ID) || !hasNoLibrary(engine.status());
  }

  private static boolean hasNoLibrary(EngineStatus status) {
    return status.failure().isPresent() && status.library().isEmpty();
  }

  @Override
  public ProviderHealth health() {
    EngineStatus status = engine.status();
    String detail =
        status.library().map(LocalProvider::describe).orElse("llama.cpp not loaded yet")
            + "; "
            + loaded(status)
            + "; "
            + status.inWork()
            + " in work, "
            + status.waiting()
            + " waiting"
            + (isAwake(status) ? "; " + memories() : "");
    Optional<String> problem = status.failure().or(catalogue::configuredProblem);
    if (problem.isEmpty()) {
      return new ProviderHealth(Status.UP, detail);
    }
    return new ProviderHealth(
        hasNoLibrary(status) ? Status.DOWN : Status.DEGRADED, problem.get() + " " + detail);
  }

  /** Not while nobody has asked the model that comes with the program, and there is no other. */
  private boolean isAwake(EngineStatus status) {
    return catalogue.isConfigured() || status.library().isPresent();
  }

  @Override
  public void close() {
    engine.close();
    gpu.close();
  }

  /** The model that is asked, when it can read the request. */
  private ModelEntry entryFor(ChatRequest request) throws LlmException {
    ModelEntry entry = catalogue.require(request.model().value());
    if (entry.header().filter(GgufHeader::isEncoder).isPresent()) {
      throw new LlmException(Encoders.refusal(request.model().value()));
    }
    refuseUnreadable(request, entry);
    return entry;
  }

  /** Pins prompts in the engine's memory. */
  private final class Warmer implements PrefixWarmer {
    @Override
    public Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call)
        throws LlmException {
      ModelEntry entry = entryFor(prefix);
      boolean kept = false;
      try {
        var reading = engine.pin(adapted(prefix, entry), entry.file(), call, id.value(), keep);
        Usage usage = ResultCollector.collect(prefix.model().value(), reading).usage();
        kept = true;
        return usage;
      } finally {
        if (!kept) {
          engine.unpin(id.value()); // it may have been pinned as the call was cancelled
        }
      }
    }

    @Override
    public boolean holds(WarmPrefixId id) {
      return engine.isPinned(id.value());
    }

    @Override
    public void release(WarmPrefixId id) {
      engine.unpin(id.value());
    }
  }

  private String memories() {
    String free =
        engine.memories().stream().map(LocalProvider::describe).collect(Collectors.joining(", "));
    return gpu.sight().problem().map(why -> free + "; " + why).orElse(free);
  }

  private static String describe(MemoryBudget.Standing one) {
    return ModelNeed.megabytes(Math.max(0, one.freeBytes()))
        + " free of "
        + ModelNeed.megabytes(one.reading().totalBytes())
        + one.limits();
  }

  private static String loaded(EngineStatus status) {
    return status.models().isEmpty()
        ? "no model loaded"
        : status.models().stream()
            .map(model -> "model " + model.name() + model.drafts())
            .collect(Collectors.joining(", "));
  }

  private static String describe(Library library) {
    String variant = library.variant().map(name -> ", CPU variant " + name).orElse("");
    return "llama.cpp "
        + library.version()
        + variant
        + " on "
        + library.devices().stream().collect(Collectors.joining(", "));
  }

  /** What the template cannot say is refused where it is run; U+0000 is refused for all. */
  private static void refuseUnreadable(ChatRequest request, ModelEntry entry) throws LlmException {
    List<Message> messages = request.messages();
    boolean wantsTools =
        !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
    if (wantsTools && !entry.tools()) {
      throw unsupported(
          "tools",
          "Model '"
              + request.model()
              + "' has no chat template that offers tools; leave them out.");
    }
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      String path = "messages[" + i + "]";
      boolean calls = message.role() == Role.TOOL || !message.toolCalls().isEmpty();
      if (calls && !entry.tools()) {
        throw unsupported(
            path,
            "Model '" + request.model() + "' reads no tool calls or tool results; leave them out.");
      }
      requireReadable(path + ".content", message.text());
    }
    Optional<String> predicted = PredictionField.in(request);
    if (predicted.isPresent()) {
      requireReadable(PredictionField.TEXT_PATH, predicted.get());
    }
  }

  private static void requireReadable(String path, String text) throws LlmException {
    if (text.indexOf('\0') >= 0) {
      throw new LlmException(
          LlmError.InvalidRequest.at(path, "The text holds the character U+0000; remove it."));
    }
  }

  private static LlmException unsupported(String path, String message) {
    return new LlmException(new LlmError.Unsupported(path, message));
  }
}
