package llm.server.ws;

import java.util.List;
import llm.domain.error.LlmException;
import llm.server.engine.TakenConnection;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/**
 * A route's handler that opens WebSockets: it checks the handshake, asks what is to be done with
 * the connection, and answers 101. The connection then runs on the thread of its request, which is
 * over: its call is closed, its place is free, its line is in the log.
 */
public final class WebSocketEndpoint implements Route.Handler {
  private final WebSockets sockets;
  private final WebSocketSettings settings;
  private final List<String> subprotocols;
  private final Acceptor acceptor;

  /** Decides about one connection, before it is opened. */
  @FunctionalInterface
  public interface Acceptor {
    /**
     * What handles the connection; nothing may be held for it yet, since it may not come to be.
     *
     * @throws LlmException when it is refused, which the client sees as the answer's status
     */
    WebSocketHandler accept(Request request) throws LlmException;
  }

  /** Whose connection it is, for the log. */
  record Visit(String id, String route, String principal) {}

  /**
   * An endpoint.
   *
   * @param settings its limits
   * @param subprotocols what it speaks; a client need not ask for one
   */
  public WebSocketEndpoint(
      WebSockets sockets,
      WebSocketSettings settings,
      List<String> subprotocols,
      Acceptor acceptor) {
    this.sockets = sockets;
    this.settings = settings;
    this.subprotocols = List.copyOf(subprotocols);
    this.acceptor = acceptor;
  }

  @Override
  public Response handle(Request request) throws LlmException {
    var head = request.head();
    Handshake.check(head);
    sockets.requireOpen();
    String subprotocol = Handshake.choose(head, subprotocols);
    WebSocketHandler handler = acceptor.accept(request);
    var visit = new Visit(head.id().value(), head.path(), request.call().principal().name());
    return new Response.Upgrade(
        Handshake.answer(head, subprotocol),
        connection -> run(visit, subprotocol, handler, connection));
  }

  private void run(
      Visit visit, String subprotocol, WebSocketHandler handler, TakenConnection connection) {
    sockets.run(visit, subprotocol, handler, settings, connection);
  }
}
