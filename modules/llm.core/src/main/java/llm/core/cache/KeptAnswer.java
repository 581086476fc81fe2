package llm.core.cache;

import java.time.Instant;
import java.util.List;
import llm.domain.call.Answerer;
import llm.domain.chat.StreamEvent;

/**
 * A whole answer as it is kept.
 *
 * @param made when it was complete
 * @param by who gave it
 * @param events all before its end, in order, deltas of one kind joined
 * @param end how it ended
 */
record KeptAnswer(Instant made, Answerer by, List<StreamEvent> events, StreamEvent.Done end) {
  KeptAnswer {
    events = List.copyOf(events);
  }
}
