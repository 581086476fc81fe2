package llm.server.engine;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import llm.server.engine.message.Refusal;

/**
 * Accepts connections, whatever goes wrong with one of them. When the process has no file
 * descriptor left, it waits ever longer between attempts and goes on when there is one again; those
 * who come meanwhile wait in the kernel's backlog.
 */
final class Acceptor implements Runnable {
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private final ServerSocket server;
  private final Connection.Parts parts;
  private final Object pause = new Object();
  private volatile boolean closed;

  Acceptor(ServerSocket server, Connection.Parts parts) {
    this.server = server;
    this.parts = parts;
  }

  @Override
  public void run() {
    long failures = 0;
    boolean told = false;
    while (!closed) {
      try {
        Socket accepted = server.accept();
        if (failures > 0) {
          parts.meters().acceptRecovered(failures);
          failures = 0;
          told = false;
        }
        begin(accepted);
      } catch (IOException | RuntimeException | Error failure) {
        if (!closed) {
          failures++;
          told |= tell(failure, !told);
          rest(failures);
        }
      }
    }
  }

  /** Without a file descriptor even a class that the log needs may not load: then it waits. */
  private boolean tell(Throwable failure, boolean first) {
    try {
      parts.meters().acceptFailed(failure, first);
      return true;
    } catch (RuntimeException | Error _) {
      return false;
    }
  }

  private void begin(Socket accepted) {
    if (!parts.connections().reserve()) {
      turnAway(accepted);
      return;
    }
    parts.meters().opened();
    try {
      accepted.setTcpNoDelay(true);
    } catch (SocketException _) {
      parts.connections().release(); // it has gone already
      parts.meters().broken();
      close(accepted);
      return;
    }
    Connection entered = null;
    boolean begun = false;
    try {
      var connection = new Connection(accepted, parts);
      entered = connection;
      parts.connections().add(connection);
      Thread.ofVirtual().name("http").start(connection);
      begun = true;
    } finally {
      if (!begun) {
        giveBack(entered);
        close(accepted);
      }
    }
  }

  /** Frees the place of a connection that could not begin, whether it was entered or not. */
  private void giveBack(Connection connection) {
    if (connection == null || !parts.connections().remove(connection)) {
      parts.connections().release();
    }
  }

  /** Answers 503 where HTTP is in the clear; the few bytes never wait. */
  private void turnAway(Socket accepted) {
    parts.meters().rejected(Refusal.CONNECTIONS, accepted.getRemoteSocketAddress().toString());
    if (parts.layer() == ConnectionLayer.PLAIN) {
      String body = Refusal.CONNECTIONS.json();
      String head =
          "HTTP/1.1 503 Service Unavailable\r\n"
              + new String(
                  parts.date().line(parts.alarms().time().now()), StandardCharsets.US_ASCII)
              + "Content-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n";
      try {
        accepted.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
        accepted.shutdownOutput();
      } catch (IOException _) {
        parts.meters().broken();
      }
    }
    close(accepted);
  }

  private void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      parts.meters().broken();
    }
  }

  private void rest(long failures) {
    long millis = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures - 1, 6));
    synchronized (pause) {
      try {
        if (!closed) {
          TimeUnit.MILLISECONDS.timedWait(pause, millis);
        }
      } catch (InterruptedException _) {
        closed = true; // only close() ends this thread on purpose; an interrupt means the same
      }
    }
  }

  /** Ends the loop and gives the address back. */
  void close() {
    synchronized (pause) {
      closed = true;
      pause.notifyAll();
    }
    try {
      server.close();
    } catch (IOException failure) {
      parts.meters().engineFailed(failure);
    }
  }
}
