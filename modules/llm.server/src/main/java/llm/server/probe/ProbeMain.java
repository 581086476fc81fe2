package llm.server.probe;

/** The command {@code tools/probe}: one text, asked again and again; {@code --help} lists more. */
public final class ProbeMain {
  private ProbeMain() {}

  /** Runs it; the exit code is 0, 1 when the measuring failed, 2 for a wrong option. */
  public static void main(String[] args) {
    System.exit(Commands.PROBE.run(args));
  }
}
