package llm.server.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.server.engine.TakenConnection;

/** What a handler answers. */
public sealed interface Response {

  /** A whole answer. */
  final class Full implements Response {
    private final int status;
    private final String contentType;
    private final byte[] body;
    private final Map<String, String> headers;

    private Full(int status, String contentType, byte[] body, Map<String, String> headers) {
      this.status = status;
      this.contentType = contentType;
      this.body = body;
      this.headers = headers;
    }

    int status() {
      return status;
    }

    String contentType() {
      return contentType;
    }

    byte[] body() {
      return body;
    }

    Map<String, String> headers() {
      return headers;
    }

    /** The same answer with one more header. */
    public Full with(String name, String value) {
      var more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Full(status, contentType, body, more);
    }
  }

  /**
   * An answer that is streamed as server-sent events.
   *
   * @param source starts the generation; runs after the time for the first event has begun
   * @param encoder turns its events into the dialect's frames
   * @param headers beside those of every stream
   */
  record Events(Source source, Encoder encoder, Map<String, String> headers) implements Response {
    /** Copies the map. */
    public Events {
      headers = Map.copyOf(headers);
    }

    /** An answer without headers of its own. */
    public Events(Source source, Encoder encoder) {
      this(source, encoder, Map.of());
    }

    /** The same answer with one more header. */
    public Events with(String name, String value) {
      var more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Events(source, encoder, more);
    }
  }

  /**
   * 101: the connection leaves HTTP (RFC 9110, section 7.8). Only our own engine can do that; with
   * the JDK's the answer is 501.
   *
   * @param headers of the answer, Upgrade and Connection among them
   * @param taker what goes on with the connection
   */
  record Upgrade(Map<String, String> headers, Taker taker) implements Response {
    /** Copies the map. */
    public Upgrade {
      headers = Map.copyOf(headers);
    }
  }

  /** Goes on with a connection that has left HTTP. */
  @FunctionalInterface
  interface Taker {
    /**
     * Runs on the request's thread, when the request is over: its call is closed, its place is free
     * and its line is in the log. Closes the connection before it returns.
     */
    void run(TakenConnection connection);
  }

  /** Starts a generation. */
  @FunctionalInterface
  interface Source {
    /**
     * Blocks until the upstream has accepted.
     *
     * @throws LlmException when it was refused
     */
    EventStream<StreamEvent> open() throws LlmException;
  }

  /** Turns the events of one stream into the bytes of its dialect. One stream, one thread. */
  @FunctionalInterface
  interface Encoder {
    /**
     * Writes the whole frames that say {@code event}, in one write or none. For {@code Done} the
     * dialect's end, for any other terminal event its error frame and no end.
     *
     * @throws IOException what {@code frames} throws
     */
    void encode(StreamEvent event, OutputStream frames) throws IOException;
  }

  /** JSON with status 200. */
  static Full json(byte[] body) {
    return json(200, body);
  }

  /** JSON. */
  static Full json(int status, byte[] body) {
    return new Full(status, "application/json", body, Map.of());
  }

  /** Text of some type, in UTF-8. */
  static Full text(String contentType, String text) {
    return new Full(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /** No content, status 204. */
  static Full empty() {
    return new Full(204, "", new byte[0], Map.of());
  }
}
