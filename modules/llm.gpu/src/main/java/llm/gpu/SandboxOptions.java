package llm.gpu;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The sandbox's command line. */
record SandboxOptions(
    Optional<Path> library, Optional<Path> model, String prompt, int seed, int maxTokens) {
  static final String USAGE =
      """
      java --enable-native-access=llm.gpu -m llm.gpu [OPTIONS]
        --lib DIR      folder of libllama (default: LLAMA_LIB_DIR, else what tools/native fetched)
        --model FILE   a GGUF file
        --prompt TEXT  what to go on from (default: Once upon a time)
        --seed N       makes the answer repeatable (default: 1)
        --max N        tokens of the answer at most (default: 64)
        --help         this text\
      """;

  /** The options; empty when help was asked for or they are wrong. */
  static Optional<SandboxOptions> parse(List<String> args) {
    var options = new SandboxOptions(Optional.empty(), Optional.empty(), "Once upon a time", 1, 64);
    Iterator<String> rest = args.iterator();
    try {
      while (rest.hasNext()) {
        String name = rest.next();
        if (name.equals("--help") || !rest.hasNext()) {
          return Optional.empty();
        }
        options = options.with(name, rest.next());
      }
      return Optional.of(options);
    } catch (IllegalArgumentException wrong) {
      return Optional.empty(); // the caller prints the usage
    }
  }

  private SandboxOptions with(String name, String value) {
    return switch (name) {
      case "--lib" ->
          new SandboxOptions(Optional.of(Path.of(value)), model, prompt, seed, maxTokens);
      case "--model" ->
          new SandboxOptions(library, Optional.of(Path.of(value)), prompt, seed, maxTokens);
      case "--prompt" -> new SandboxOptions(library, model, value, seed, maxTokens);
      case "--seed" ->
          new SandboxOptions(library, model, prompt, Integer.parseInt(value), maxTokens);
      case "--max" ->
          new SandboxOptions(library, model, prompt, seed, Math.max(1, Integer.parseInt(value)));
      default -> throw new IllegalArgumentException(name);
    };
  }
}
