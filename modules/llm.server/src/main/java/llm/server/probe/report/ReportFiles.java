package llm.server.probe.report;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Both reports, side by side under one name that no other report has. */
public final class ReportFiles {
  private static final int MOST = 1_000; // of one second or minute

  private ReportFiles() {}

  /**
   * Writes them.
   *
   * @param folder made where it is missing
   * @return where they are
   * @throws IOException when one cannot be written
   */
  public static List<Path> save(Path folder, Results results, Trail trail, Instant at)
      throws IOException {
    Path text = save(folder, name(results.kind(), at), results, trail, at);
    return List.of(text, beside(text));
  }

  /** Writes them; returns the one to read. */
  static Path save(Path folder, String name, Results results, Trail trail, Instant at)
      throws IOException {
    Files.createDirectories(folder);
    for (int number = 1; number <= MOST; number++) {
      Path text = folder.resolve(name + (number == 1 ? "" : "-" + number) + ".md");
      if (Files.exists(beside(text))) {
        continue;
      }
      try {
        Files.writeString(
            text, new MarkdownReport(results, trail, at).text(), StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException _) {
        continue;
      }
      Files.writeString(
          beside(text), JsonReport.of(results, trail, at) + "\n", StandardOpenOption.CREATE_NEW);
      return text;
    }
    throw new IOException(folder + " has " + MOST + " reports named " + name + " already");
  }

  private static Path beside(Path text) {
    return text.resolveSibling(text.getFileName().toString().replaceFirst("\\.md$", ".json"));
  }

  private static String name(Results.Kind kind, Instant at) {
    return switch (kind) {
      case PROBE -> "llm_probe_" + local(at, "yyyy-MM-dd'T'HH-mm-ss");
      case E2E -> "llm_agent_" + local(at, "yyyyMMdd-HHmm");
    };
  }

  private static String local(Instant at, String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT)
        .withZone(ZoneId.systemDefault())
        .format(at);
  }
}
