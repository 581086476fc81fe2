package llm.domain.limit;

import java.time.Duration;
import java.util.List;

/** Whether a request is let in. */
public sealed interface Ruling {
  /** How all limits that apply stand now. */
  List<Standing> standings();

  /** It is: everything it wanted is counted. */
  record Admitted(Ticket ticket, List<Standing> standings) implements Ruling {
    /** Copies the list. */
    public Admitted {
      standings = List.copyOf(standings);
    }
  }

  /**
   * It is not, and nothing is counted.
   *
   * @param rule whose limit is in the way
   * @param claim on that limit
   * @param retryAfter when there will be room if nobody else asks; a guess where only others' ends
   *     make it
   */
  record Refused(String rule, Claim claim, Duration retryAfter, List<Standing> standings)
      implements Ruling {
    /** Copies the list. */
    public Refused {
      standings = List.copyOf(standings);
    }
  }
}
