package llm.server.api;

import java.util.List;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.completions.CompletionCall;
import llm.core.dialect.completions.CompletionRequestReader;
import llm.core.dialect.completions.CompletionWriter;
import llm.core.dialect.openai.ChatCall;
import llm.core.dialect.openai.EmbeddingCall;
import llm.core.dialect.openai.EmbeddingRequestReader;
import llm.core.dialect.openai.EmbeddingResponses;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.core.dialect.openai.OpenAiResponses;
import llm.core.dialect.openai.OpenAiStreamWriter;
import llm.core.gateway.Gateway;
import llm.domain.chat.SamplingOptions;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /v1/*}: what clients of OpenAI's API ask for. */
public final class OpenAiEndpoints {
  private final Gateway gateway;
  private final TimeSource time;
  private final IdSource ids;

  /** Endpoints that ask {@code gateway}. */
  public OpenAiEndpoints(Gateway gateway, TimeSource time, IdSource ids) {
    this.gateway = gateway;
    this.time = time;
    this.ids = ids;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", "/v1/chat/completions", Route.Kind.GENERATION, this::chat),
        new Route("POST", "/v1/completions", Route.Kind.GENERATION, this::completion),
        new Route("POST", "/v1/embeddings", Route.Kind.GENERATION, this::embeddings),
        new Route("GET", "/v1/models", Route.Kind.WORK, this::models),
        new Route("GET", "/v1/models/{id}", Route.Kind.WORK, this::model));
  }

  private Response chat(Request request) throws LlmException {
    ChatCall chat = OpenAiRequestReader.read(request.body().json(), gateway);
    String id = "chatcmpl-" + ids.next().toString().replace("-", "");
    long created = time.now().getEpochSecond();
    SamplingOptions asked = chat.request().sampling();
    String lost = Lost.of(gateway, chat.request());
    if (!chat.stream()) {
      var result = gateway.complete(chat.request(), request.call());
      return Lost.tell(Response.json(OpenAiResponses.completion(result, asked, id, created)), lost);
    }
    String model = chat.request().model().value();
    var writer = new OpenAiStreamWriter(id, created, model, chat.includeUsage());
    if (asked.topLogprobs().isPresent()) {
      writer.withLogprobs();
    }
    var events =
        new Response.Events(() -> gateway.stream(chat.request(), request.call()), writer::write);
    return Lost.tell(events, lost);
  }

  private Response completion(Request request) throws LlmException {
    CompletionCall asked = CompletionRequestReader.read(request.body().json(), gateway);
    String id = "cmpl-" + ids.next().toString().replace("-", "");
    var writer = new CompletionWriter(id, time.now().getEpochSecond(), asked);
    String lost = Lost.of(gateway, asked.request());
    if (!asked.stream()) {
      byte[] whole = writer.whole(gateway.complete(asked.request(), request.call()));
      return Lost.tell(Response.json(whole), lost);
    }
    var events =
        new Response.Events(() -> gateway.stream(asked.request(), request.call()), writer::write);
    return Lost.tell(events, lost);
  }

  private Response embeddings(Request request) throws LlmException {
    EmbeddingCall asked =
        EmbeddingRequestReader.read(request.body().json(), gateway::resolveForEmbeddings);
    EmbeddingResult made = gateway.embed(asked.request(), request.call());
    return Response.json(EmbeddingResponses.list(made, asked.form()));
  }

  private Response models(Request request) throws LlmException {
    return ErrorDialects.isAnthropic(request.head())
        ? AnthropicModels.page(gateway.models(), request.head())
        : Response.json(OpenAiResponses.models(gateway.models()));
  }

  private Response model(Request request) throws LlmException {
    String id = request.variable().orElseThrow();
    ListedModel model =
        gateway.model(id).orElseThrow(() -> new LlmException(new LlmError.ModelNotFound(id)));
    return ErrorDialects.isAnthropic(request.head())
        ? AnthropicModels.one(model, request.head())
        : Response.json(OpenAiResponses.model(model));
  }
}
