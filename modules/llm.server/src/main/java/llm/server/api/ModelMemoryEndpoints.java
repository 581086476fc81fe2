package llm.server.api;

import java.util.List;
import java.util.function.Predicate;
import llm.core.dialect.llm.LoadCall;
import llm.core.dialect.llm.MemoryResponses;
import llm.core.gateway.Gateway;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ModelMemory;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /api/v1/models}: which models of this process are in memory. */
public final class ModelMemoryEndpoints {
  private static final String PATH = "/api/v1/models";
  private static final int ACCEPTED = 202;

  private final Gateway gateway;
  private final Predicate<Principal> isAdmin;

  /**
   * Endpoints that ask {@code gateway}.
   *
   * @param isAdmin whether somebody may do what operators do
   */
  public ModelMemoryEndpoints(Gateway gateway, Predicate<Principal> isAdmin) {
    this.gateway = gateway;
    this.isAdmin = isAdmin;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", PATH + "/load", Route.Kind.WORK, this::load),
        new Route("POST", PATH + "/unload", Route.Kind.WORK, this::unload),
        new Route("GET", PATH + "/status", Route.Kind.MONITOR, this::status));
  }

  private Response load(Request request) throws LlmException {
    requireAdmin(request);
    LoadCall asked = LoadCall.ofLoad(request.body().json());
    Gateway.Kept kept = gateway.kept(asked.model());
    return answer(kept, kept.memory().load(kept.model(), asked.contextTokens()), asked, request);
  }

  private Response unload(Request request) throws LlmException {
    requireAdmin(request);
    LoadCall asked = LoadCall.ofUnload(request.body().json());
    Gateway.Kept kept = gateway.kept(asked.model());
    return answer(kept, kept.memory().unload(kept.model()), asked, request);
  }

  private static Response answer(
      Gateway.Kept kept, ModelMemory.Change change, LoadCall asked, Request request)
      throws LlmException {
    if (asked.waits()) {
      change.await(request.call());
    }
    byte[] body =
        MemoryResponses.one(
            kept.memory()
                .residence(kept.model())
                .orElseThrow(
                    () -> new LlmException(new LlmError.ModelNotFound(kept.model().value()))));
    return asked.waits() ? Response.json(body) : Response.json(ACCEPTED, body);
  }

  private Response status(Request request) throws LlmException {
    requireAdmin(request);
    return Response.json(
        MemoryResponses.all(gateway.memories().stream().map(ModelMemory::standing).toList()));
  }

  private void requireAdmin(Request request) throws LlmException {
    if (!isAdmin.test(request.call().principal())) {
      throw new LlmException(
          new LlmError.Forbidden(
              "This is for the keys of operators: those that have admin: true in auth.keys."));
    }
  }
}
