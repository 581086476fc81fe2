package llm.server.engine;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.domain.call.Registration;
import llm.server.engine.message.BodyReader;
import llm.server.engine.message.Refusal;
import llm.server.engine.message.RefusedException;
import llm.server.engine.message.RequestHead;

/**
 * One request and its answer. It ends when its handler returns: unlike the JDK's engine, ours does
 * not wait for another thread to close it later. The head of the answer is sent together with the
 * first flush of its body.
 */
final class Exchange extends HttpExchange implements EngineExchange {
  /** What is read of a body nobody wanted before the connection is given up instead. */
  private static final int MAX_DISCARD_BYTES = 64 * 1024;

  private final Connection connection;
  private final RequestHead head;
  private final Headers answer = new Headers();
  private final BodyInput body;
  private final BodyOutput answerBody;
  private InputStream in;
  private OutputStream out;
  private int status = -1;
  private boolean keeps;
  private boolean abandoned; // closed without an answer
  private boolean taken;
  private EngineContext context;
  private HttpPrincipal principal;
  private Map<String, Object> attributes; // null while there are none

  private final Object lock = new Object();
  private List<Runnable> goneHooks; // guarded by lock; null while there are none
  private boolean gone; // guarded by lock
  private boolean over; // guarded by lock

  Exchange(Connection connection, RequestHead head) {
    this.connection = connection;
    this.head = head;
    this.keeps = head.keepsAlive();
    var reader = BodyReader.of(head, connection.input(), connection.heads());
    this.body = new BodyInput(this, reader, head.expectsContinue());
    this.answerBody = new BodyOutput(connection.output());
    this.in = body;
    this.out = answerBody;
  }

  // ---- for the connection

  /** Has the request handled, and ends it. */
  Connection.Next run() throws IOException {
    try {
      if (head.isAboutServer()) {
        answer.set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        sendResponseHeaders(204, -1);
      } else {
        connection.parts().contexts().handle(this);
      }
    } catch (RefusedException refused) {
      if (isAnswering()) {
        throw new IOException("refused after the answer had begun", refused);
      }
      throw refused;
    } finally {
      endWatch();
    }
    return taken ? Connection.Next.LEAVE : finish();
  }

  private Connection.Next finish() throws IOException {
    if (abandoned) {
      return Connection.Next.CLOSE;
    }
    if (!isAnswering()) {
      connection.parts().meters().failed(head.target().getRawPath(), new IOException("no answer"));
      throw new RefusedException(Refusal.HANDLER);
    }
    if (!answerBody.isComplete()) {
      out.close();
      answerBody.close();
    }
    if (!answerBody.isComplete() || !answerBody.endsByItself()) {
      return Connection.Next.CLOSE;
    }
    if (!body.isEnded() && !discardBody()) {
      return Connection.Next.LINGER;
    }
    if (!keeps) {
      return connection.input().isEmpty() ? Connection.Next.CLOSE : Connection.Next.LINGER;
    }
    return Connection.Next.REQUEST;
  }

  private boolean discardBody() throws IOException {
    try {
      return body.discard(keeps ? MAX_DISCARD_BYTES : 0);
    } catch (RefusedException _) {
      return false; // too late to refuse what is answered; the connection ends
    }
  }

  private void endWatch() {
    synchronized (lock) {
      over = true;
      goneHooks = null;
    }
  }

  /** The client has closed or reset the connection. */
  void clientGone() {
    List<Runnable> hooks;
    synchronized (lock) {
      if (gone || over) {
        return;
      }
      gone = true;
      hooks = goneHooks == null ? List.of() : List.copyOf(goneHooks);
      goneHooks = null;
    }
    connection.parts().meters().gone();
    hooks.forEach(this::runHook);
  }

  private void runHook(Runnable hook) {
    try {
      hook.run();
    } catch (RuntimeException | Error bug) {
      connection.parts().meters().failed(head.target().getRawPath(), bug);
    }
  }

  // ---- for the body

  boolean isBodyEnded() {
    return body.isEnded();
  }

  void awaitBody() {
    connection.link().await(Link.Wait.BODY);
  }

  /** The handler has a piece of the body: what it takes its time for is not the client's fault. */
  void bodyPaused() {
    connection.link().await(Link.Wait.NOTHING);
  }

  void bodyEnded() {
    connection.link().await(Link.Wait.NOTHING);
    connection.open();
  }

  void sendContinue() throws IOException {
    connection.output().text("HTTP/1.1 100 Continue\r\n\r\n");
    connection.output().flush();
  }

  /**
   * The body cannot be read on, and so neither can the connection. A body that is late is answered
   * here and now, since the client may be waiting; what is malformed is the handler's to answer.
   */
  IOException bodyBroken(IOException broken) throws IOException {
    keeps = false;
    connection.link().await(Link.Wait.NOTHING);
    boolean late =
        broken instanceof RefusedException refused && refused.refusal() == Refusal.BODY_TIMEOUT;
    if (late && !isAnswering()) {
      abandoned = true;
      status = Refusal.BODY_TIMEOUT.status();
      connection
          .parts()
          .meters()
          .rejected(Refusal.BODY_TIMEOUT, connection.link().remoteAddress().toString());
      connection.send(Refusal.BODY_TIMEOUT);
      return new IOException(broken.getMessage(), broken);
    }
    return broken;
  }

  // ---- what only this engine can

  @Override
  public Registration onClientGone(Runnable hook) {
    synchronized (lock) {
      if (over) {
        return () -> {};
      }
      if (!gone) {
        if (goneHooks == null) {
          goneHooks = new ArrayList<>(2);
        }
        goneHooks.add(hook);
        return () -> drop(hook);
      }
    }
    runHook(hook);
    return () -> {};
  }

  private void drop(Runnable hook) {
    synchronized (lock) {
      if (goneHooks != null) {
        goneHooks.remove(hook);
      }
    }
  }

  @Override
  public TakenConnection takeOver() throws IOException {
    if (isAnswering() || taken) {
      throw new IllegalStateException("an answer was begun");
    }
    if (!body.isEnded()) {
      throw new IllegalStateException("the request has a body left");
    }
    status = 101;
    new AnswerHead(connection, head).sendSwitch(answer);
    taken = true;
    return connection.take();
  }

  // ---- HttpExchange

  /** Whether the status was sent. */
  boolean isAnswering() {
    return status > 0;
  }

  @Override
  public void sendResponseHeaders(int code, long length) throws IOException {
    if (isAnswering() || abandoned) {
      throw new IOException("headers already sent");
    }
    if (code < 100 || code > 999 || code == 101) {
      throw new IOException("status " + code + " cannot be sent; 101 is sent by takeOver()");
    }
    var sent = new AnswerHead(connection, head);
    if (code < 200) {
      sent.sendInterim(code, answer);
      return;
    }
    status = code;
    boolean ends = connection.parts().connections().isDraining() || body.isUnasked();
    keeps = sent.send(code, length, answer, keeps && !ends, answerBody);
    if (length == -1 || sent.isWithoutBody(code)) {
      answerBody.close();
    }
  }

  @Override
  public void close() {
    if (taken) {
      return;
    }
    if (!isAnswering()) {
      abandoned = true;
      return;
    }
    try {
      out.close();
      answerBody.close();
      in.close();
    } catch (IOException broken) {
      keeps = false; // the answer is not complete, so the connection will be cut
    }
  }

  @Override
  public Headers getRequestHeaders() {
    return head.fields();
  }

  @Override
  public Headers getResponseHeaders() {
    return answer;
  }

  @Override
  public URI getRequestURI() {
    return head.target();
  }

  @Override
  public String getRequestMethod() {
    return head.method();
  }

  @Override
  public HttpContext getHttpContext() {
    return context;
  }

  @Override
  public InputStream getRequestBody() {
    return in;
  }

  @Override
  public OutputStream getResponseBody() {
    return out;
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return connection.link().remoteAddress();
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return connection.link().localAddress();
  }

  @Override
  public int getResponseCode() {
    return status;
  }

  @Override
  public String getProtocol() {
    return head.isOld() ? "HTTP/1.0" : "HTTP/1.1";
  }

  @Override
  public Object getAttribute(String name) {
    return attributes == null ? null : attributes.get(name);
  }

  @Override
  public void setAttribute(String name, Object value) {
    if (attributes == null) {
      attributes = new HashMap<>();
    }
    if (value == null) {
      attributes.remove(name);
    } else {
      attributes.put(name, value);
    }
  }

  @Override
  public void setStreams(InputStream input, OutputStream output) {
    in = input == null ? in : input;
    out = output == null ? out : output;
  }

  @Override
  public HttpPrincipal getPrincipal() {
    return principal;
  }

  // ---- for the contexts

  Connection connection() {
    return connection;
  }

  void in(EngineContext found) {
    context = found;
  }

  void authenticated(HttpPrincipal found) {
    principal = found;
  }
}
