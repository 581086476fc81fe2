package llm.server.api;

import java.util.List;
import llm.core.dialect.llm.LlmRequestReader;
import llm.core.dialect.llm.LlmResponses;
import llm.core.dialect.llm.LlmStreamWriter;
import llm.core.gateway.Gateway;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /llm/*}: our own plain dialect. */
public final class LlmEndpoints {
  private final Gateway gateway;

  /** Endpoints that ask {@code gateway}. */
  public LlmEndpoints(Gateway gateway) {
    this.gateway = gateway;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/llm/models", Route.Kind.WORK, this::models),
        new Route("POST", "/llm/chat", Route.Kind.GENERATION, this::chat),
        new Route("POST", "/llm/stream", Route.Kind.GENERATION, this::stream));
  }

  private Response models(Request request) {
    return Response.json(LlmResponses.models(gateway.models(), gateway.defaultModel()));
  }

  private Response chat(Request request) throws LlmException {
    ChatRequest chat = read(request);
    String lost = Lost.of(gateway, chat);
    var result = gateway.complete(chat, request.call());
    return Lost.tell(Response.json(LlmResponses.chat(result, request.head().id().value())), lost);
  }

  private Response stream(Request request) throws LlmException {
    ChatRequest chat = read(request);
    var writer = new LlmStreamWriter(request.head().id().value());
    String lost = Lost.of(gateway, chat);
    var events = new Response.Events(() -> gateway.stream(chat, request.call()), writer::write);
    return Lost.tell(events, lost);
  }

  private ChatRequest read(Request request) throws LlmException {
    return LlmRequestReader.read(request.body().json(), gateway);
  }
}
