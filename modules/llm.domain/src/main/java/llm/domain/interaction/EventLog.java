package llm.domain.interaction;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/**
 * The events of one request that nobody has taken yet. Request and interaction write into the same
 * one, so that none is lost and their order is kept whichever of the two is asked. One thread.
 */
final class EventLog {
  private final TimeSource time;
  private final IdSource ids;
  private final List<LlmEvent> pending = new ArrayList<>(2);

  EventLog(TimeSource time, IdSource ids) {
    this.time = time;
    this.ids = ids;
  }

  UUID nextId() {
    return ids.next();
  }

  Instant now() {
    return time.now();
  }

  long nanoTime() {
    return time.nanoTime();
  }

  void add(LlmEvent event) {
    pending.add(event);
  }

  List<LlmEvent> take() {
    var taken = List.copyOf(pending);
    pending.clear();
    return taken;
  }
}
