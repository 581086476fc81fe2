package llm.server.api.monitor;

import llm.server.ws.Outbox;
import llm.server.ws.WebSocket;

/** One who listens. */
final class Listener {
  private final WebSocket socket;
  private final Outbox outbox;
  private volatile Filter filter;

  Listener(WebSocket socket, Outbox outbox, Filter filter) {
    this.socket = socket;
    this.outbox = outbox;
    this.filter = filter;
  }

  WebSocket socket() {
    return socket;
  }

  Outbox outbox() {
    return outbox;
  }

  Filter filter() {
    return filter;
  }

  void filter(Filter other) {
    filter = other;
  }
}
