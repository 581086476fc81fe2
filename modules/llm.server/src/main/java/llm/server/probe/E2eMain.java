package llm.server.probe;

/** The command {@code tools/e2e}: a dialogue with its summary; {@code --help} lists more. */
public final class E2eMain {
  private E2eMain() {}

  /** Runs it; the exit code is 0, 1 when the dialogue failed, 2 for a wrong option. */
  public static void main(String[] args) {
    System.exit(Commands.E2E.run(args));
  }
}
