package llm.bench;

import java.util.List;
import java.util.Optional;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;

/** Keeps nothing: what is measured beside it takes no memory here. */
final class ForgetfulLogs implements LogStore {
  @Override
  public Durability durability() {
    return Durability.NONE;
  }

  @Override
  public long appendBytes() {
    return 1 << 20;
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public void append(LogKey key, LogPoint at, List<String> records, Optional<String> head) {
    // forgotten
  }

  @Override
  public LogPage read(LogKey key, long from, int limit) {
    return LogPage.ABSENT;
  }

  @Override
  public Optional<LogInfo> find(LogKey key) {
    return Optional.empty();
  }

  @Override
  public List<LogInfo> list(String space, Optional<String> after, int limit) {
    return List.of();
  }

  @Override
  public void compact(LogKey key, LogPoint at, String snapshot) {
    // nothing is kept
  }

  @Override
  public boolean delete(LogKey key, LogIdentity identity) {
    return false;
  }

  @Override
  public void close() {
    // nothing is held
  }
}
