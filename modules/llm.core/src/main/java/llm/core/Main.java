package llm.core;

/** Sandbox of this module. */
public final class Main {
  private Main() {}

  /** Shows the module's work as JSON lines. */
  public static void main(String[] args) {}
}
