package llm.server.api;

import java.util.List;
import llm.core.dialect.llm.WarmCall;
import llm.core.dialect.llm.WarmRequestReader;
import llm.core.dialect.llm.WarmResponses;
import llm.core.gateway.Gateway;
import llm.core.gateway.WarmPrefixes;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.prompt.WarmPrefixId;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /llm/warm}: the beginnings of prompts that a caller wants kept. */
public final class WarmEndpoints {
  private static final String PATH = "/llm/warm";

  private final Gateway gateway;
  private final WarmPrefixes prefixes;

  /** Endpoints that ask {@code gateway}. */
  public WarmEndpoints(Gateway gateway) {
    this.gateway = gateway;
    this.prefixes = gateway.warmPrefixes();
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", PATH, Route.Kind.GENERATION, this::warm),
        new Route("GET", PATH, Route.Kind.WORK, this::list),
        new Route("DELETE", PATH + "/{id}", Route.Kind.WORK, this::release));
  }

  private Response warm(Request request) throws LlmException {
    WarmCall asked = WarmRequestReader.read(request.body().json(), gateway);
    var made = prefixes.warm(asked.prefix(), asked.keep(), request.call());
    return Response.json(WarmResponses.one(made));
  }

  private Response list(Request request) {
    return Response.json(WarmResponses.all(prefixes.of(request.call().principal())));
  }

  /** Another's is answered as one that is not there: an id says nothing to who does not own it. */
  private Response release(Request request) throws LlmException {
    String said = request.variable().orElseThrow();
    Principal owner = request.call().principal();
    if (WarmPrefixId.parse(said).filter(id -> prefixes.release(id, owner)).isEmpty()) {
      throw new LlmException(new LlmError.NotFound("warm prefix", said));
    }
    return Response.empty();
  }
}
