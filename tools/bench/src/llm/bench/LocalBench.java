package llm.bench;

import java.util.List;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;

/** What the engine in the server's process costs, beside a plain C loop and a Node peer. */
public final class LocalBench {
  private static final List<String> PARTS =
      List.of("tokens", "batch8", "ttft", "grammar", "shape", "speculation");

  private LocalBench() {}

  /** Options as {@code tools/bench/local --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() ->
        measure(
            Args.parse(
                arguments, List.of("--server=auto", "--only=all", "--threads=1", "--core="))));
  }

  private static void measure(Args args) {
    String only = args.value("--only");
    if (!only.equals("all") && !PARTS.contains(only)) {
      throw new BenchFailure("--only " + only + " is none of " + PARTS);
    }
    LocalSetup setup = LocalSetup.open(args, "local");
    String facts = Machine.facts(setup.bench().root());
    for (String part : PARTS) {
      if (only.equals("all") || only.equals(part)) {
        part(setup, part);
      }
    }
    setup.report().publish(facts + "\nserver   " + setup.launcher().words(), args.json());
  }

  private static void part(LocalSetup setup, String part) {
    boolean withLoop = setup.loop().isPresent();
    switch (part) {
      case "batch8" -> new LocalBatch(setup).measure();
      case "grammar" -> new LocalGrammar(setup).measure();
      case "ttft" -> new LocalFirstToken(setup).measure();
      case "speculation" -> new LocalSpeculation(setup).measure();
      case "shape" -> {
        if (withLoop) {
          new LocalShape(setup).measure();
        }
      }
      default -> {
        if (withLoop) {
          new LocalTokens(setup).measure();
        }
      }
    }
  }
}
