package llm.domain.call;

/** A hook's membership. {@link #close()} removes the hook; any thread, idempotent, no blocking. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
  @Override
  void close();
}
