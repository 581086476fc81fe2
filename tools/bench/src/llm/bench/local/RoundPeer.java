package llm.bench.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import llm.bench.system.BenchFailure;

/** Many answers at once in a peer's own process, a round for each command. */
public final class RoundPeer implements AutoCloseable {
  private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);
  private static final int REASON_LINES = 3; // npm's code and what it could not do

  private final Peer peer;
  private final int tokens;

  private RoundPeer(Peer peer, int tokens) {
    this.peer = peer;
    this.tokens = tokens;
  }

  /** Our engine without a server: the sandbox of its module. */
  public static RoundPeer engine(
      Path root, Path model, int streams, int maxTokens, Setting setting, Path folder) {
    List<String> command =
        setting.pinned(
            List.of(
                root.resolve("tools/sandbox").toString(),
                "llm.gpu",
                "--model",
                model.toString(),
                "--streams",
                String.valueOf(streams),
                "--max",
                String.valueOf(maxTokens),
                "--threads",
                String.valueOf(setting.threads())));
    Peer peer = Peer.start("the-engine", command, folder, "\"event\":\"streams\"");
    return new RoundPeer(peer, streams * maxTokens);
  }

  /** node-llama-cpp, with as many sequences as streams; it gives tokens, and makes no text. */
  public static RoundPeer node(
      Path root, Path model, int streams, int maxTokens, Setting setting, Path folder) {
    // node-llama-cpp's window is a sequence's, ours and llama.cpp's that of all together.
    int window = setting.contextTokens() / streams;
    List<String> command =
        setting.pinned(
            List.of(
                "node",
                root.resolve("tools/bench/node/batch.mjs").toString(),
                model.toString(),
                String.valueOf(streams),
                String.valueOf(maxTokens),
                String.valueOf(setting.threads()),
                String.valueOf(window),
                String.valueOf(setting.batchTokens())));
    return new RoundPeer(Peer.start("node", command, folder, "ready"), streams * maxTokens);
  }

  /** Fetches the Node peer with npm; a sentence that says why not when it cannot be had. */
  public static Optional<String> installNode(Library library) {
    Path package_ = library.root().resolve("tools/bench/node");
    Path lock = package_.resolve("package-lock.json");
    Path installed = package_.resolve("node_modules/.package-lock.json");
    try {
      boolean fresh =
          Files.exists(installed)
              && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock))
                  >= 0;
      if (!fresh) {
        Optional<String> failure = fetch(package_);
        if (failure.isPresent()) {
          return failure;
        }
      }
    } catch (IOException _) {
      return Optional.of("npm is not installed");
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
    return sameLibrary(library, package_);
  }

  /** With the limits of someone who waits for it: one more try, soon. */
  private static Optional<String> fetch(Path package_) throws IOException, InterruptedException {
    var npm =
        new ProcessBuilder(
            "npm",
            "ci",
            "--ignore-scripts",
            "--omit=optional",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefer-offline",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=2000");
    Path said = Files.createTempFile("bench-npm", ".log");
    try {
      npm.directory(package_.toFile()).redirectErrorStream(true).redirectOutput(said.toFile());
      Process process = npm.start();
      if (!process.waitFor(INSTALL_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        return Optional.of(
            "npm did not fetch node-llama-cpp within " + INSTALL_LIMIT.toSeconds() + " s");
      }
      if (process.exitValue() == 0) {
        return Optional.empty();
      }
      String reason =
          Files.readString(said)
              .lines()
              .limit(REASON_LINES)
              .map(String::strip)
              .collect(Collectors.joining("; "));
      return Optional.of("npm could not fetch node-llama-cpp (is there a network?): " + reason);
    } finally {
      Files.delete(said);
    }
  }

  /** Two builds would be compared, not two programs. */
  private static Optional<String> sameLibrary(Library library, Path package_) {
    String platform = library.folder().getFileName().toString();
    Path theirs =
        package_.resolve("node_modules/@node-llama-cpp").resolve(platform).resolve("bins");
    Path folder = theirs.resolve(platform);
    if (!Files.isDirectory(folder)) {
      return Optional.of("node-llama-cpp brings no library for " + platform);
    }
    try {
      return library.hash().equals(library.hashIn(folder))
          ? Optional.empty()
          : Optional.of("node-llama-cpp's libllama is another build than ours");
    } catch (UncheckedIOException _) {
      return Optional.of("node-llama-cpp's libllama is another version than ours");
    }
  }

  /** One round; its tokens a second, all answers together. */
  public double tokensPerSecond(String prompt) {
    String line = peer.ask(prompt, "\"event\":\"round\"");
    if (Fields.number(line, "tokens") != tokens) {
      throw new BenchFailure("a wrong answer: not " + tokens + " tokens in " + line);
    }
    return Fields.number(line, "tokens_per_second");
  }

  @Override
  public void close() {
    peer.close();
  }
}
