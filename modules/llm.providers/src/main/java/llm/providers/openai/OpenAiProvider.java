package llm.providers.openai;

import java.util.Optional;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.openai.upstream.ChunkReader;
import llm.core.dialect.openai.upstream.EmbeddingReader;
import llm.core.dialect.openai.upstream.EmbeddingRequestWriter;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.provider.ProviderContext;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.EmbeddingProvider;
import llm.providers.transport.Transport;
import llm.providers.upstream.UpstreamProvider;

/** The models of one upstream that speaks OpenAI's Chat Completions. */
final class OpenAiProvider extends UpstreamProvider {
  private static final String CHAT = "/chat/completions";
  private static final String EMBEDDINGS = "/embeddings";

  /** The longest vectors of the most inputs take about as much; of an answer more is not read. */
  private static final int MOST_EMBEDDINGS_BYTES = 128 * 1024 * 1024;

  private final RequestTraits traits;

  OpenAiProvider(UpstreamSettings settings, Transport transport, ProviderContext context) {
    super(settings.upstream(), transport, context);
    this.traits = settings.server().traits(settings.streamUsage());
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
  protected EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    validateModel(request.model());
    String model = atUpstream(request.model());
    byte[] body = ChatRequestWriter.write(request, model, stream, traits);
    boolean logprobs = request.sampling().topLogprobs().isPresent();
    return answer(CHAT, body, request.model(), call, stream, said -> reader(said, logprobs));
  }

  private AnswerReader reader(UpstreamFailures said, boolean logprobs) {
    var reader = new ChunkReader(said, this::callId);
    return logprobs ? reader.withLogprobs() : reader;
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    validateModel(request.model());
    byte[] body = EmbeddingRequestWriter.write(request, atUpstream(request.model()), traits);
    byte[] answer = whole(EMBEDDINGS, body, call, MOST_EMBEDDINGS_BYTES);
    return EmbeddingReader.read(
        answer, request.model().value(), request.inputs().size(), failures());
  }
}
