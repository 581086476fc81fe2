package llm.core.telemetry;

/** Sees the log's lines as they are written, on the thread that writes them: it must not block. */
@FunctionalInterface
public interface LineTap {
  /**
   * One line was encoded.
   *
   * @param level of its event
   * @param bytes hold it as UTF-8 JSON; valid during this call only
   * @param from where it begins
   * @param length its length, without the line end
   */
  void line(Level level, byte[] bytes, int from, int length);
}
