package llm.server.api;

import java.util.List;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.core.dialect.anthropic.AnthropicStreamWriter;
import llm.core.dialect.anthropic.MessagesCall;
import llm.core.dialect.anthropic.MessagesReader;
import llm.core.gateway.Gateway;
import llm.core.tokens.PromptCount;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /v1/messages}: what clients of Anthropic's API ask for. */
public final class AnthropicEndpoints {
  /** The header in which this API tells the request's id. */
  static final String REQUEST_ID = "request-id";

  /** The header that names fields of an answer that are estimates. */
  private static final String ESTIMATED = "x-llm-estimated";

  private final Gateway gateway;
  private final IdSource ids;

  /** Endpoints that ask {@code gateway}. */
  public AnthropicEndpoints(Gateway gateway, IdSource ids) {
    this.gateway = gateway;
    this.ids = ids;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", "/v1/messages", Route.Kind.GENERATION, this::messages),
        new Route("POST", "/v1/messages/count_tokens", Route.Kind.WORK, this::count));
  }

  private Response messages(Request request) throws LlmException {
    MessagesCall asked = MessagesReader.read(request.body().json(), gateway);
    ChatRequest chat = asked.request();
    String lost = lost(request, chat);
    String id = "msg_" + ids.next().toString().replace("-", "");
    String requestId = request.head().id().value();
    if (asked.stream()) {
      var writer = new AnthropicStreamWriter(id, requestId);
      var events = new Response.Events(() -> gateway.stream(chat, request.call()), writer::write);
      return Lost.tell(events.with(REQUEST_ID, requestId), lost);
    }
    var result = gateway.complete(chat, request.call());
    var whole = Response.json(AnthropicResponses.message(result, id));
    return Lost.tell(whole.with(REQUEST_ID, requestId), lost);
  }

  private Response count(Request request) throws LlmException {
    ChatRequest chat = MessagesReader.readToCount(request.body().json(), gateway);
    String lost = lost(request, chat);
    PromptCount count = gateway.countPrompt(chat, request.call());
    var answer = Response.json(AnthropicResponses.count(count.tokens()));
    if (!count.exact()) {
      answer = answer.with(ESTIMATED, "input_tokens");
    }
    return Lost.tell(answer.with(REQUEST_ID, request.head().id().value()), lost);
  }

  /** Betas are a matter between this server's configuration and its upstreams. */
  private String lost(Request request, ChatRequest chat) throws LlmException {
    return request.head().anthropic().betas().isEmpty()
        ? Lost.of(gateway, chat)
        : Lost.of(gateway, chat, "anthropic-beta");
  }
}
