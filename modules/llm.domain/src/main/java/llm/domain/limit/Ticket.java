package llm.domain.limit;

import java.util.List;

/**
 * What was let in, for its settling.
 *
 * @param id the request's own
 * @param atMillis when, on the store's clock, since 1970
 * @param demands as they were counted
 */
public record Ticket(String id, long atMillis, List<Demand> demands) {
  /** Copies the list. */
  public Ticket {
    demands = List.copyOf(demands);
  }
}
