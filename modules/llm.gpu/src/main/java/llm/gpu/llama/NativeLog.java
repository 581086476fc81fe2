package llm.gpu.llama;

/** Takes the lines of the native log. Any thread, native ones too; must not block. */
@FunctionalInterface
public interface NativeLog {

  /** Drops every line. */
  NativeLog SILENT = (_, _) -> {};

  /** How much a line matters. Lesser ones are dropped before they get here. */
  enum Severity {
    WARN,
    ERROR
  }

  /** Takes one line, without its line end. What it throws is counted and dropped. */
  void line(Severity severity, String text);
}
