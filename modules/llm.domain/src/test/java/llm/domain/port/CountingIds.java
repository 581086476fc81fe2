package llm.domain.port;

import java.util.UUID;

/** Ids 1, 2, 3 and so on. */
public final class CountingIds implements IdSource {
  private long last;

  @Override
  public UUID next() {
    return new UUID(0, ++last);
  }
}
