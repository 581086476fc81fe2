package llm.providers.replay;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.JsonText;
import llm.providers.transport.TransportException;

/**
 * One exchange with an upstream as a line of a recording tells it. Times are microseconds since the
 * request was given to the transport.
 *
 * @param at when the request was sent
 * @param provider the upstream's name
 * @param requestId the call that it was sent for
 * @param request what was asked
 * @param response the head and body that came; empty when no head did
 * @param end how it ended
 */
record Recorded(
    Instant at,
    String provider,
    String requestId,
    Request request,
    Optional<Response> response,
    End end) {

  /** A field of a head. */
  record Field(String name, String value) {}

  /**
   * Bytes that were read or sent in one go; left out where they are fewer than {@code size}.
   *
   * @param micros when they were there
   */
  record Piece(long micros, int size, byte[] bytes) {
    /** These bytes. */
    static Piece of(long micros, byte[] bytes) {
      return new Piece(micros, bytes.length, bytes);
    }

    boolean isLeftOut() {
      return bytes.length < size;
    }
  }

  /** What was asked. */
  record Request(String method, String path, List<Field> headers, Piece body) {
    Request {
      headers = List.copyOf(headers);
    }

    /** The model that it is for, as the upstream calls it. */
    Optional<String> model() {
      var text = new JsonText(new String(body.bytes(), StandardCharsets.UTF_8));
      return Optional.ofNullable(JsonFields.of(text).get("model"))
          .map(JsonText::value)
          .filter(name -> name.length() > 2 && name.startsWith("\"") && name.indexOf('\\') < 0)
          .map(name -> name.substring(1, name.length() - 1));
    }
  }

  /**
   * What came.
   *
   * @param micros when the head was there
   */
  record Response(long micros, int status, List<Field> headers, List<Piece> pieces) {
    Response {
      headers = List.copyOf(headers);
      pieces = List.copyOf(pieces);
    }

    private Response withoutBody() {
      List<Piece> size =
          pieces.isEmpty()
              ? List.of()
              : List.of(
                  new Piece(pieces.getFirst().micros(), Math.toIntExact(bodyBytes()), new byte[0]));
      return new Response(micros, status, headers, size);
    }

    long bodyBytes() {
      return pieces.stream().mapToLong(Piece::size).sum();
    }
  }

  /**
   * How it ended.
   *
   * @param message why, where it did not end well
   */
  record End(long micros, How how, Optional<String> message) {}

  /** Ways to end. */
  enum How {
    /** The body came to its end. */
    COMPLETE,
    /** Whoever read it had what it wanted before the end of the body. */
    CLOSED,
    /** The call was cancelled. */
    CANCELLED,
    /** It went on, but the recorder had no room for it. */
    INCOMPLETE,
    CONNECT,
    TLS,
    POOL_EXHAUSTED,
    TIMEOUT,
    CUT,
    PROTOCOL;

    static How of(TransportException.Kind kind) {
      return valueOf(kind.name());
    }

    /** What a replay breaks off with here. */
    TransportException.Kind kind() {
      return switch (this) {
        case CONNECT -> TransportException.Kind.CONNECT;
        case TLS -> TransportException.Kind.TLS;
        case POOL_EXHAUSTED -> TransportException.Kind.POOL_EXHAUSTED;
        case TIMEOUT -> TransportException.Kind.TIMEOUT;
        case PROTOCOL -> TransportException.Kind.PROTOCOL;
        case COMPLETE, CLOSED, CANCELLED, INCOMPLETE, CUT -> TransportException.Kind.CUT;
      };
    }

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether a body is missing, so that it cannot be replayed. */
  boolean isWithoutBodies() {
    return request.body().isLeftOut()
        || response.map(Response::pieces).orElse(List.of()).stream().anyMatch(Piece::isLeftOut);
  }

  /** The same with the sizes of its bodies alone, because of {@code why}. */
  Recorded withoutBodies(String why) {
    var asked = new Piece(0, request.body().size(), new byte[0]);
    return new Recorded(
        at,
        provider,
        requestId,
        new Request(request.method(), request.path(), request.headers(), asked),
        response.map(Response::withoutBody),
        new End(end.micros(), How.INCOMPLETE, Optional.of(why)));
  }

  /** An answer of our own making, at once. */
  static Recorded made(Request request, int status, String json) {
    var field = new Field("content-type", "application/json");
    var body = Piece.of(0, json.getBytes(StandardCharsets.UTF_8));
    return new Recorded(
        Instant.EPOCH,
        "",
        "",
        request,
        Optional.of(new Response(0, status, List.of(field), List.of(body))),
        new End(0, How.COMPLETE, Optional.empty()));
  }
}
