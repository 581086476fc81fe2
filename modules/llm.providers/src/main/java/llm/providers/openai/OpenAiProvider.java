package llm.providers.openai;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.openai.upstream.ChunkReader;
import llm.core.dialect.openai.upstream.EmbeddingReader;
import llm.core.dialect.openai.upstream.EmbeddingRequestWriter;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.openai.upstream.RequestTraits.OutputLimit;
import llm.core.dialect.responses.upstream.ResponseReader;
import llm.core.dialect.responses.upstream.ResponseRequestWriter;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.provider.ProviderContext;
import llm.core.template.SpokenTools;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Continuation;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.Nuance;
import llm.providers.transport.Transport;
import llm.providers.upstream.GoingOn;
import llm.providers.upstream.UpstreamProvider;

/**
 * The models of one upstream that speaks OpenAI's Chat Completions, or Responses, or both. The
 * dialect is chosen request by request.
 */
final class OpenAiProvider extends UpstreamProvider {
  private static final String CHAT = "/chat/completions";
  private static final String RESPONSES = "/responses";
  private static final String EMBEDDINGS = "/embeddings";

  /** The longest vectors of the most inputs take about as much; of an answer more is not read. */
  private static final int MOST_EMBEDDINGS_BYTES = 128 * 1024 * 1024;

  /** Responses refuses a lower limit. */
  private static final int LEAST_RESPONSE_TOKENS = 16;

  private static final List<Message> NEARLY_NOTHING = List.of(Message.user("."));

  private final RequestTraits traits;
  private final ResponseSettings responses;
  private final Optional<SpokenTools> spokenTools;
  private final GoingOn goingOn;
  private final SchemaSupport schemas;

  private OpenAiProvider(UpstreamSettings settings, Transport transport, ProviderContext context) {
    super(settings.upstream(), transport, context);
    this.traits = settings.traits();
    this.responses = settings.responses();
    this.spokenTools = settings.toolWords().tools();
    this.goingOn = settings.goingOn();
    this.schemas = settings.schemas();
  }

  /** The provider, already asking its upstream for models. */
  static OpenAiProvider open(UpstreamSettings settings, ProviderContext context) {
    var provider = new OpenAiProvider(settings, settings.upstream().open(context), context);
    provider.begin();
    return provider;
  }

  @Override
  public Optional<Dialect> dialect() {
    return Optional.of(
        responses.api() == Api.RESPONSES ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI_CHAT);
  }

  @Override
  public Set<Dialect> dialects(ModelName model) {
    return responses.api().dialects(atUpstream(model));
  }

  /** Reasoning where the server takes none; Responses has no words for speakers' names either. */
  @Override
  public Set<Nuance> leavesOut(ModelName model) {
    if (!dialects(model).contains(Dialect.OPENAI_CHAT)) {
      return Set.of(Nuance.REASONING, Nuance.NAMES, Nuance.PREDICTION);
    }
    boolean none = traits.reasoning() == RequestTraits.ReasoningBack.NONE;
    return none ? Set.of(Nuance.REASONING) : Set.of();
  }

  @Override
  public boolean takesAdapters(ModelName model) {
    return traits.adapters() && dialects(model).contains(Dialect.OPENAI_CHAT);
  }

  /** Responses begins a message of its own after the last one, whoever's that is. */
  @Override
  public Continuation continuation(ChatRequest request) {
    boolean isNew = responses.api().isResponses(request, atUpstream(request.model()));
    Continuation how = goingOn.meaning(Continuation.IF_ALLOWED);
    boolean isPrefill = how == Continuation.PREFILLED || how == Continuation.ECHOED;
    return isNew && isPrefill ? Continuation.IF_ALLOWED : how;
  }

  @Override
  protected SchemaSupport usualSchemaSupport(ModelName model) {
    return schemas;
  }

  @Override
  protected Optional<SpokenTools> spokenTools() {
    return spokenTools;
  }

  /** Any model may; the upstream refuses those that cannot. */
  @Override
  public Optional<EmbeddingProvider> embeddings(ModelName model) {
    return model(model).isPresent() ? Optional.of(this::embed) : Optional.empty();
  }

  @Override
  protected EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    validateModel(request.model());
    String model = atUpstream(request.model());
    boolean logprobs = request.sampling().topLogprobs().isPresent();
    if (responses.api().isResponses(request, model)) {
      ChatRequest asked = isOurs(call) ? shortest(request) : request;
      byte[] body = ResponseRequestWriter.write(asked, model, stream, responses.traits(model));
      boolean hosted = request.extensions().in(Dialect.OPENAI_RESPONSES).containsKey("tools");
      return answer(
          RESPONSES,
          body,
          request.model(),
          call,
          stream,
          said -> new ResponseReader(said, this::callId, logprobs).handingOn(hosted));
    }
    byte[] body = ChatRequestWriter.write(request, model, stream, traits(model));
    return answer(CHAT, body, request.model(), call, stream, said -> reader(said, request));
  }

  /** An empty generation as Responses takes it. */
  private static ChatRequest shortest(ChatRequest nothing) {
    return nothing.withMessages(_ -> NEARLY_NOTHING).withMaxTokens(LEAST_RESPONSE_TOKENS);
  }

  private RequestTraits traits(String model) {
    boolean developer =
        traits.outputLimit() == OutputLimit.MAX_COMPLETION_TOKENS && Api.reasons(model);
    return developer ? traits.toBuilder().developerRole(true).build() : traits;
  }

  private AnswerReader reader(UpstreamFailures said, ChatRequest request) {
    boolean others = request.extensions().in(Dialect.OPENAI_CHAT).containsKey("tools");
    var reader = new ChunkReader(said, this::callId).handingOn(others);
    return request.sampling().topLogprobs().isPresent() ? reader.withLogprobs() : reader;
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    validateModel(request.model());
    byte[] body = EmbeddingRequestWriter.write(request, atUpstream(request.model()), traits);
    byte[] answer = whole(EMBEDDINGS, body, call, MOST_EMBEDDINGS_BYTES);
    return EmbeddingReader.read(
        answer, request.model().value(), request.inputs().size(), failures());
  }
}
