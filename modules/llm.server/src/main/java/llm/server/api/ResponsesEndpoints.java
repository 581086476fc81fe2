package llm.server.api;

import java.util.List;
import java.util.Optional;
import llm.core.dialect.responses.ResponseCall;
import llm.core.dialect.responses.ResponsesRequestReader;
import llm.core.gateway.Gateway;
import llm.core.response.ReadyAnswer;
import llm.core.response.Responses;
import llm.core.response.ToldAnswer;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /v1/responses}: OpenAI's Responses API. A caller sees its own alone. */
public final class ResponsesEndpoints {
  private static final String PATH = "/v1/responses";
  private static final String ONE = PATH + "/{id}";
  private static final int MOST_LISTED = 100;
  private static final int LISTED = 20;
  private static final int MOST_NUMBER = 999_999_999;
  private static final String STREAM = "stream";
  private static final String AFTER = "starting_after";

  private final Gateway gateway;
  private final Responses responses;

  /** Endpoints that ask {@code responses}, and {@code gateway} for models. */
  public ResponsesEndpoints(Gateway gateway, Responses responses) {
    this.gateway = gateway;
    this.responses = responses;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", PATH, Route.Kind.GENERATION, this::create),
        new Route("GET", ONE, Route.Kind.WORK, this::get),
        new Route("DELETE", ONE, Route.Kind.WORK, this::delete),
        new Route("POST", ONE + "/cancel", Route.Kind.WORK, this::cancel),
        new Route("GET", ONE + "/input_items", Route.Kind.WORK, this::inputItems));
  }

  private Response create(Request request) throws LlmException {
    ResponseCall asked = ResponsesRequestReader.read(request.body().json(), gateway);
    ReadyAnswer ready = responses.prepare(asked, request.call().principal());
    boolean background = asked.output().background();
    String lost = Lost.of(gateway, ready.request());
    if (asked.output().stream()) {
      ToldAnswer told =
          background
              ? responses.streamInBackground(ready, request.call())
              : responses.stream(ready, request.call());
      return Lost.tell(events(told), lost);
    }
    byte[] answer =
        background
            ? responses.beginInBackground(ready, request.call())
            : responses.complete(ready, request.call());
    return Lost.tell(Response.json(answer), lost);
  }

  private static Response.Events events(ToldAnswer told) {
    return new Response.Events(told::open, told::encode);
  }

  private Response get(Request request) throws LlmException {
    Query query =
        Query.of(
            request.head().query(), STREAM, AFTER, "include", "include[]", "include_obfuscation");
    String id = id(request);
    boolean stream = flag(query, STREAM);
    if (flag(query, "include_obfuscation")) {
      throw new LlmException(
          new LlmError.Unsupported(
              "include_obfuscation",
              "This server does not support stream obfuscation; send false."));
    }
    if (!stream && query.text(AFTER).isPresent()) {
      throw new LlmException(
          LlmError.InvalidRequest.at(AFTER, AFTER + " belongs to a stream; send stream=true"));
    }
    int after = query.number(AFTER, -1, 0, MOST_NUMBER);
    return stream
        ? events(responses.events(id, after, request.call()))
        : Response.json(responses.get(id, request.call().principal()));
  }

  private static boolean flag(Query query, String name) throws LlmException {
    Optional<String> said = query.text(name);
    if (said.isEmpty() || said.get().equals("false")) {
      return false;
    }
    if (said.get().equals("true")) {
      return true;
    }
    throw new LlmException(LlmError.InvalidRequest.at(name, name + " must be true or false"));
  }

  private Response delete(Request request) throws LlmException {
    return Response.json(responses.delete(id(request), request.call().principal()));
  }

  private Response cancel(Request request) throws LlmException {
    return Response.json(responses.cancel(id(request), request.call().principal()));
  }

  private Response inputItems(Request request) throws LlmException {
    Query query =
        Query.of(request.head().query(), "after", "limit", "order", "include", "include[]");
    String order = query.text("order").orElse("desc");
    if (!order.equals("asc") && !order.equals("desc")) {
      throw new LlmException(LlmError.InvalidRequest.at("order", "order must be asc or desc"));
    }
    return Response.json(
        responses.inputItems(
            id(request),
            request.call().principal(),
            query.text("after"),
            query.number("limit", LISTED, 1, MOST_LISTED),
            order.equals("asc")));
  }

  private static String id(Request request) {
    return request.variable().orElseThrow();
  }
}
