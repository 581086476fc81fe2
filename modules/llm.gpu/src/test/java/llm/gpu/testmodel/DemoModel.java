package llm.gpu.testmodel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A model like the one that comes with the program: it knows one answer, to what has the word
 * {@code port} in it, and is unsure of all others, for which its file has a fallback.
 */
public final class DemoModel {
  /** What it says of ports. */
  public static final String ANSWER = "The server listens on port 8000; change it with --port.";

  /** What it says instead of what it does not know. */
  public static final String ENGLISH = "I only know a few answers about this server.";

  /** The same in Russian. */
  public static final String RUSSIAN = "Я знаю лишь несколько ответов об этом сервере.";

  private static final String TEMPLATE =
      "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
          + "{% if add_generation_prompt and 'port' in messages[-1]['content'] %}"
          + "{{ '<|say:port|>' }}{% endif %}";

  private DemoModel() {}

  /** Writes it and returns the file; called by name from other modules' tests. */
  public static Path write(Path file) {
    return write(file, .5f);
  }

  /** The same that has to be as likely as this of its first token. */
  public static Path write(Path file, float minProbability) {
    return write(file, TEMPLATE, minProbability);
  }

  /** The same whose prompt begins reasoning. */
  public static Path writeThinking(Path file) {
    return write(file, "{#- </think> -#}" + TEMPLATE + "{{ '<think>' }}", .5f);
  }

  private static Path write(Path file, String template, float minProbability) {
    byte[] bytes =
        new ScriptedModel(
                template, Optional.empty(), new TreeMap<>(Map.of("port", ANSWER, "space", " ")))
            .bytes(writer ->
                writer
                    .decimal("general.sampling.temp", 0f)
                    .text("llm_server.fallback.en", ENGLISH)
                    .text("llm_server.fallback.ru", RUSSIAN)
                    .decimal("llm_server.fallback.min_probability", minProbability));
    try {
      return Files.write(file, bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
