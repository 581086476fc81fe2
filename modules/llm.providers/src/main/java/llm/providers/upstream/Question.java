package llm.providers.upstream;

import llm.providers.transport.UpstreamRequest.Body;

/**
 * What an upstream is asked.
 *
 * @param method of the request, as {@code POST}
 * @param path below the upstream's base URL
 * @param body JSON
 * @param stream whether the answer is wanted in pieces
 * @param framing how those are taken apart
 */
public record Question(String method, String path, Body body, boolean stream, Framing framing) {

  /** A post whose answer is a stream of events, or comes in one piece. */
  static Question post(String path, byte[] body, boolean stream) {
    return new Question("POST", path, Body.of(body), stream, Framing.EVENTS);
  }
}
