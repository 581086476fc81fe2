package llm.server.api.monitor;

import java.util.List;
import java.util.Locale;
import llm.domain.error.LlmException;
import llm.server.ws.CloseStatus;
import llm.server.ws.WebSocket;
import llm.server.ws.WebSocketHandler;

/** One connection to the monitor. */
final class MonitorSession implements WebSocketHandler {
  private final MonitorHub hub;
  private final Filter wanted;
  private final String version;
  private Listener listener; // null until it is let in; the connection's thread alone

  MonitorSession(MonitorHub hub, Filter wanted, String version) {
    this.hub = hub;
    this.wanted = wanted;
    this.version = version;
  }

  @Override
  public void onOpen(WebSocket socket) {
    var greeting =
        new JsonObject()
            .put("service", "llm.server")
            .put("version", version)
            .put("stats_every_ms", StatsTick.EVERY.toMillis());
    listener = hub.join(socket, wanted, filter(greeting, wanted));
    if (listener == null) {
      socket.close(CloseStatus.TRY_AGAIN_LATER, "all places of listeners are taken");
    }
  }

  @Override
  public void onText(WebSocket socket, String text) {
    try {
      Filter changed = listener.filter().changedBy(text);
      listener.filter(changed);
      hub.tell(listener, "filter", filter(new JsonObject(), changed));
    } catch (LlmException refused) {
      var error =
          new JsonObject()
              .put("code", refused.error().code().wireName())
              .put("message", refused.error().message());
      hub.tell(listener, "error", error.bytes());
    }
  }

  @Override
  public void onClose(CloseStatus status) {
    if (listener != null) {
      hub.leave(listener);
    }
  }

  private static byte[] filter(JsonObject begun, Filter filter) {
    List<String> topics = filter.topics().stream().sorted().map(Topic::word).toList();
    String level = filter.level().name().toLowerCase(Locale.ROOT);
    return begun.put("topics", topics).put("level", level).bytes();
  }
}
