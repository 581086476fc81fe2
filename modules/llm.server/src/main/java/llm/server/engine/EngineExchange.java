package llm.server.engine;

import java.io.IOException;
import llm.domain.call.Registration;

/**
 * What an exchange of our own engine can do beyond {@link com.sun.net.httpserver.HttpExchange}.
 * Handlers ask for it by {@code instanceof}: an exchange of the JDK's engine does not have it.
 */
public interface EngineExchange {

  /**
   * Runs {@code hook} once when the client closes or resets its connection before the exchange has
   * ended; here and now when it already has. It is noticed within milliseconds, without anything
   * being written, once the request's body has been read to its end.
   *
   * @param hook must not block; runs on a thread of the engine
   * @return closing it drops the hook
   */
  Registration onClientGone(Runnable hook);

  /**
   * Answers 101 with the response headers set so far and gives the connection away (RFC 9110,
   * section 7.8). Nothing may have been sent before; afterwards the exchange is over and the
   * connection is the caller's to close.
   *
   * @throws IOException when the head cannot be sent
   * @throws IllegalStateException when an answer was begun, or the request has a body left
   */
  TakenConnection takeOver() throws IOException;
}
