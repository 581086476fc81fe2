package llm.bench.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.bench.system.BenchFailure;

/** The C program {@code tools/bench/src/c/loop.c} over a model, in a process of its own. */
public final class CLoop implements AutoCloseable {
  /** How far logits of the same tokens are apart. */
  public record Shape(
      double largest, double repeated, double chunked, double moved, double largestLogit) {}

  /** What a command of the loop brought. */
  public record Generated(int promptTokens, String text) {}

  private final Peer peer;

  private CLoop(Peer peer) {
    this.peer = peer;
  }

  /** Compiles it over {@code library}; empty with the reason on the side when that cannot be. */
  public static Optional<Path> compile(Library library, Path folder) {
    Path program = folder.resolve("loop");
    var command =
        new ArrayList<>(
            List.of(
                "gcc",
                "-O2",
                "-std=c11",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-I" + library.headers(),
                library.root().resolve("tools/bench/src/c/loop.c").toString(),
                "-o",
                program.toString()));
    library.files("libllama", "libggml.").forEach(file -> command.add(file.toString()));
    command.addAll(List.of("-lm", "-Wl,-rpath," + library.folder()));
    try {
      Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (gcc.waitFor() != 0) {
        throw new BenchFailure("gcc could not compile the C loop: " + output);
      }
      return Optional.of(program);
    } catch (IOException _) {
      return Optional.empty(); // No gcc; the caller says what is left out.
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Starts it and waits until the model is loaded. */
  public static CLoop start(
      Path program,
      Library library,
      Path model,
      Setting setting,
      int sequences,
      boolean unified,
      Path folder) {
    var command =
        new ArrayList<>(
            List.of(
                program.toString(),
                library.folder().toString(),
                model.toString(),
                String.valueOf(setting.contextTokens()),
                String.valueOf(setting.batchTokens()),
                String.valueOf(setting.threads()),
                String.valueOf(sequences),
                unified ? "1" : "0"));
    return new CLoop(Peer.start("the-c-loop", setting.pinned(command), folder, "ready"));
  }

  /** Its process. */
  public long pid() {
    return peer.pid();
  }

  /** Reads {@code prompt}, then takes the likeliest token {@code tokens} times. */
  public Generated generate(String prompt, int tokens) {
    String line = peer.ask("gen " + tokens + " " + prompt, "prompt_tokens");
    return new Generated((int) Fields.number(line, "prompt_tokens"), Fields.text(line, "text"));
  }

  /** Compares the logits of batches of other shapes. */
  public Shape shape(String prompt) {
    String line = peer.ask("shape " + prompt, "largest");
    return new Shape(
        Fields.number(line, "largest"),
        Fields.number(line, "repeated"),
        Fields.number(line, "chunked"),
        Fields.number(line, "moved"),
        Fields.number(line, "largest_logit"));
  }

  @Override
  public void close() {
    peer.close();
  }

  /** Whether the headers that it needs are there. */
  public static boolean headersIn(Path folder) {
    return Files.exists(folder.resolve("llama.h"))
        && Files.exists(folder.resolve("ggml-backend.h"));
  }
}
