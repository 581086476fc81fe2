package llm.core.store;

import java.util.UUID;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogPoint;

/** Points of the logs of tests in which no log is another's successor: all have one identity. */
public final class Points {
  /** That of all of them. */
  public static final LogIdentity ID = identity(1);

  private Points() {}

  /** A point of such a log. */
  public static LogPoint at(long position) {
    return new LogPoint(ID, position);
  }

  /** Another identity for each number from 1. */
  public static LogIdentity identity(long number) {
    return new LogIdentity(new UUID(0x6c6f_67, number));
  }
}
