package llm.bench.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import llm.bench.system.BenchFailure;

/** Checks of what the local benchmark measures with, made when it is built. */
public final class LocalChecks {
  private static final String TINY_SHA256 =
      "b42478362f68b8995728d49d6f7fad48e92973ee5161ac4f852327ea6cb7a17c";

  private LocalChecks() {}

  /** Throws when something is not as it should be; writes a model into {@code folder}. */
  public static void all(Path folder) {
    check(Library.hash(GeneratedModel.TINY.fileIn(folder)).equals(TINY_SHA256), "same models");
    check(GeneratedModel.LARGE.weights() > 200_000_000, "a large model");
    check(new Prompts(1).of(50).length() == 49, "a prompt's length");
    check(new Prompts(1).of(50).equals(new Prompts(1).of(50)), "the same prompts of a seed");
    check(
        LocalServer.quoted(Path.of("/a b/it's #1: x.gguf")).equals("'/a b/it''s #1: x.gguf'"),
        "a path in YAML");
    readsFields();
    readsChunks();
  }

  private static void readsFields() {
    String line = "{\"a\":{\"content\":\"x \\\"y\\\\ \\u00e9\\n\"},\"n\": -1.5e1,\"m\":7}";
    check(Fields.text(line, "content").equals("x \"y\\ é\n"), "text: " + line);
    check(Fields.number(line, "n") == -15 && Fields.number(line, "m") == 7, "number: " + line);
    check(Fields.number(line, "none", 3) == 3, "a number that is not there");
    check(Fields.metric("# HELP a b\na 1\na_sum 2\n", "a_sum") == 2, "a metric");
  }

  private static void readsChunks() {
    byte[] body = "5\r\nhello\r\nB;x=y\r\n, two lines\r\n0\r\n\r\n".getBytes(UTF_8);
    try (var chunks = new Completion.Chunks(new ByteArrayInputStream(body))) {
      String text = new String(chunks.readAllBytes(), UTF_8);
      check(text.equals("hello, two lines"), "chunks: " + text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new BenchFailure("the self-check failed: " + what);
    }
  }
}
