package llm.server.engine;

import com.sun.net.httpserver.Headers;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llm.server.engine.message.OutputBuffer;
import llm.server.engine.message.RequestHead;
import llm.server.engine.message.StatusLine;

/**
 * Writes the head of an answer into the connection's output, without sending it: it goes with the
 * first bytes of the body. The engine alone says how the body is framed and whether the connection
 * stays open.
 */
final class AnswerHead {
  private static final String CONNECTION = "Connection";
  private static final String LENGTH = "Content-length";
  private static final String CODING = "Transfer-encoding";
  private static final String DATE = "Date";

  private final Connection connection;
  private final RequestHead request;
  private final OutputBuffer output;

  AnswerHead(Connection connection, RequestHead request) {
    this.connection = connection;
    this.request = request;
    this.output = connection.output();
  }

  /** Whether an answer of this status has no body, whatever its handler says. */
  boolean isWithoutBody(int status) {
    return status < 200 || status == 204 || status == 304 || request.method().equals("HEAD");
  }

  /**
   * Writes the head of the final answer.
   *
   * @param length as {@link com.sun.net.httpserver.HttpExchange#sendResponseHeaders} has it: -1 for
   *     no body, 0 for one of a length that is not known
   * @param mayKeep whether the connection may serve another request
   * @return whether it may after this answer
   */
  boolean send(int status, long length, Headers fields, boolean mayKeep, BodyOutput body)
      throws IOException {
    output.bytes(StatusLine.of(status));
    date(fields);
    List<String> options = fields.get(CONNECTION);
    BodyOutput.Form form = form(status, length);
    boolean keeps = mayKeep && !has(options, "close") && form != BodyOutput.Form.CLOSE;
    fields(fields);
    framing(status, length, fields, form);
    connection(keeps, has(options, "upgrade"));
    output.text("\r\n");
    body.begin(form, length);
    return keeps;
  }

  /** An answer that offers an upgrade says so here too (RFC 9110, section 7.8). */
  private void connection(boolean keeps, boolean upgrades) throws IOException {
    if (!keeps) {
      output.text(upgrades ? "Connection: close, upgrade\r\n" : "Connection: close\r\n");
    } else if (request.isOld()) {
      output.text("Connection: keep-alive\r\n");
    } else if (upgrades) {
      output.text("Connection: upgrade\r\n");
    }
  }

  /** Sends an informational head (RFC 9110, section 15.2); a client of HTTP/1.0 gets none. */
  void sendInterim(int status, Headers fields) throws IOException {
    if (request.isOld()) {
      return;
    }
    output.bytes(StatusLine.of(status));
    fields(fields);
    output.text("\r\n");
    output.flush();
  }

  /** Sends the 101 with the fields as they are. */
  void sendSwitch(Headers fields) throws IOException {
    output.bytes(StatusLine.of(101));
    date(fields);
    List<String> options = fields.get(CONNECTION);
    if (options != null) {
      field(CONNECTION, options);
    }
    fields(fields);
    output.text("\r\n");
    output.flush();
  }

  private BodyOutput.Form form(int status, long length) {
    if (isWithoutBody(status)) {
      return request.method().equals("HEAD") ? BodyOutput.Form.UNSEEN : BodyOutput.Form.NONE;
    }
    if (length == 0) {
      return request.isOld() ? BodyOutput.Form.CLOSE : BodyOutput.Form.CHUNKED;
    }
    return length < 0 ? BodyOutput.Form.NONE : BodyOutput.Form.FIXED;
  }

  private void framing(int status, long length, Headers fields, BodyOutput.Form form)
      throws IOException {
    switch (form) {
      case FIXED -> length(length);
      case CHUNKED -> output.text("Transfer-Encoding: chunked\r\n");
      case NONE, UNSEEN -> {
        String own = fields.getFirst(LENGTH); // of the body that GET would have had
        if (isWithoutBody(status) && status != 204 && own != null) {
          field(LENGTH, List.of(own));
        } else if (length > 0 && status != 204) {
          length(length);
        } else if (!isWithoutBody(status)) {
          length(0);
        }
      }
      case UNKNOWN, CLOSE -> {
        // the end of the connection says it
      }
    }
  }

  private void length(long length) throws IOException {
    output.text("Content-Length: ");
    output.text(Long.toString(length));
    output.text("\r\n");
  }

  private void date(Headers fields) throws IOException {
    if (!fields.containsKey(DATE)) {
      output.bytes(connection.parts().date().line(connection.parts().alarms().time().now()));
    }
  }

  private static boolean has(List<String> options, String option) {
    return options != null
        && options.stream().anyMatch(value -> value.toLowerCase(Locale.ROOT).contains(option));
  }

  private void fields(Headers fields) throws IOException {
    for (Map.Entry<String, List<String>> field : fields.entrySet()) {
      switch (field.getKey()) {
        case CONNECTION, LENGTH, CODING -> {
          // the engine's own
        }
        default -> field(field.getKey(), field.getValue());
      }
    }
  }

  private void field(String name, List<String> values) throws IOException {
    for (String value : values) {
      output.text(name);
      output.text(": ");
      output.fieldValue(value);
      output.text("\r\n");
    }
  }
}
