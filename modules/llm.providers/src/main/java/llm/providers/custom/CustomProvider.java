package llm.providers.custom;

import java.util.Optional;
import java.util.Set;
import llm.core.provider.ProviderContext;
import llm.core.template.SpokenTools;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Continuation;
import llm.domain.port.Nuance;
import llm.providers.custom.CustomSettings.Pieces;
import llm.providers.transport.Transport;
import llm.providers.transport.UpstreamRequest.Body;
import llm.providers.upstream.Framing;
import llm.providers.upstream.Question;
import llm.providers.upstream.UpstreamProvider;

/** The models of one endpoint that the configuration describes. */
final class CustomProvider extends UpstreamProvider {
  private final CustomSettings settings;

  private CustomProvider(CustomSettings settings, Transport transport, ProviderContext context) {
    super(settings.upstream(), transport, context);
    this.settings = settings;
  }

  /** The provider, already asking whether its endpoint is there. */
  static CustomProvider open(CustomSettings settings, ProviderContext context) {
    var provider = new CustomProvider(settings, settings.upstream().open(context), context);
    provider.begin();
    return provider;
  }

  /** A template has places for roles and words. */
  @Override
  public Set<Nuance> leavesOut(ModelName model) {
    return Set.of(Nuance.REASONING, Nuance.NAMES, Nuance.PREDICTION);
  }

  /** A place for the last message is not told from one for the others: only words will do. */
  @Override
  public Continuation continuation(ChatRequest request) {
    return settings.upstream().goingOn().meaning(Continuation.IF_ALLOWED);
  }

  @Override
  protected SchemaSupport usualSchemaSupport(ModelName model) {
    return SchemaSupport.WORDS;
  }

  @Override
  protected Optional<SpokenTools> spokenTools() {
    return settings.toolWords().tools();
  }

  /** An endpoint without streams is asked for the whole answer, which is one piece then. */
  @Override
  protected EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    validateModel(request.model());
    String model = atUpstream(request.model());
    Optional<Pieces> pieces = settings.stream().filter(_ -> stream);
    Template template = settings.template();
    var values = RequestValues.of(request, model, pieces.isPresent(), settings.prompt(), template);
    Endpoint endpoint = pieces.map(Pieces::endpoint).orElse(settings.endpoint());
    var question =
        new Question(
            settings.method(),
            endpoint.path(model),
            Body.of(template.fill(values)),
            pieces.isPresent(),
            pieces.map(Pieces::framing).orElse(Framing.EVENTS));
    AnswerPaths paths = pieces.map(Pieces::paths).orElse(settings.whole());
    return answer(
        question,
        request.model(),
        call,
        said -> new CustomReader(said, paths, pieces.flatMap(Pieces::mark), settings.reasons()));
  }
}
