package llm.gpu;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.gpu.engine.EngineSettings;

/**
 * The sandbox's command line.
 *
 * @param streams answers at once, a round for every line of standard input; 0 for one answer
 * @param threads threads that compute
 */
record SandboxOptions(
    Optional<Path> library,
    Optional<Path> model,
    String prompt,
    int seed,
    int maxTokens,
    int streams,
    int threads) {
  static final String USAGE =
      """
      java --enable-native-access=llm.gpu -m llm.gpu [OPTIONS]
        --lib DIR      folder of libllama (default: LLAMA_LIB_DIR, else what tools/native fetched)
        --model FILE   a GGUF file
        --prompt TEXT  what to go on from (default: Once upon a time)
        --seed N       makes the answer repeatable (default: 1)
        --max N        tokens of the answer at most (default: 64)
        --streams N    N answers at once, 1 to 1024, for each line of standard input; the line
                       stands in the prompts, figures of the round are printed, texts are not
        --threads N    threads that compute, 1 to 1024 (default: as the server chooses)
        --help         this text\
      """;

  private static final Set<String> NAMES =
      Set.of("--lib", "--model", "--prompt", "--seed", "--max", "--streams", "--threads");
  private static final int MAX_STREAMS = 1024;
  private static final int MAX_THREADS = 1024;

  /** The options; empty when help was asked for or they are wrong. */
  static Optional<SandboxOptions> parse(List<String> args) {
    Map<String, String> given = new HashMap<>();
    Iterator<String> rest = args.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!NAMES.contains(name) || !rest.hasNext()) {
        return Optional.empty();
      }
      given.put(name, rest.next());
    }
    try {
      return Optional.of(of(given));
    } catch (IllegalArgumentException wrong) {
      return Optional.empty(); // the caller prints the usage
    }
  }

  private static SandboxOptions of(Map<String, String> given) {
    int streams = Integer.parseInt(given.getOrDefault("--streams", "0"));
    if (streams < 0 || streams > MAX_STREAMS) {
      throw new IllegalArgumentException("--streams");
    }
    String threadsUnasked = String.valueOf(EngineSettings.DEFAULT.threads());
    int threads = Integer.parseInt(given.getOrDefault("--threads", threadsUnasked));
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("--threads");
    }
    return new SandboxOptions(
        Optional.ofNullable(given.get("--lib")).map(Path::of),
        Optional.ofNullable(given.get("--model")).map(Path::of),
        given.getOrDefault("--prompt", "Once upon a time"),
        Integer.parseInt(given.getOrDefault("--seed", "1")),
        Math.max(1, Integer.parseInt(given.getOrDefault("--max", "64"))),
        streams,
        threads);
  }
}
