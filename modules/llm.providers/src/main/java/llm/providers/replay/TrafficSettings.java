package llm.providers.replay;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.providers.transport.UpstreamRequest.Header;

/**
 * What becomes of the traffic with one upstream beside its way over the network.
 *
 * @param recording where it is recorded; empty: nowhere
 * @param replay what answers in place of the upstream; empty: the upstream itself
 * @param secrets what must not stand in a recording
 */
public record TrafficSettings(
    Optional<Recording> recording, Optional<Replay> replay, List<Secret> secrets) {

  /**
   * Where traffic is recorded.
   *
   * @param file it is appended to
   * @param bodies whether bodies are, or their sizes alone
   * @param maxBytes the file does not grow beyond
   */
  public record Recording(Path file, boolean bodies, long maxBytes) {}

  /**
   * What is played back.
   *
   * @param file a recording
   * @param speed how many times as fast as it was recorded; 0: at once
   * @param strict whether a request that comes more often than it was recorded is refused
   */
  public record Replay(Path file, double speed, boolean strict) {}

  private static final String SUFFIX = ".jsonl";
  private static final long DEFAULT_BYTES = 1L << 30;
  private static final double FASTEST = 1_000;

  private static final Setting<Path> RECORD =
      Setting.optionalPath(
              "record",
              "Appends every exchange with the upstream to this file, which ends in .jsonl, or to"
                  + " <name>.jsonl in this folder; secrets are masked.")
          .orEnvironment("RECORD_UPSTREAMS");
  private static final Setting<Boolean> BODIES =
      Setting.flag(
          "record_bodies",
          true,
          "Whether bodies are recorded; false: their sizes and times alone, which cannot be"
              + " replayed.");
  private static final Setting<Long> MAX_BYTES =
      Setting.bytes(
          "record_max_bytes",
          DEFAULT_BYTES,
          1_024,
          1L << 40,
          "The file's largest size; what is behind it is not recorded, and counted.");
  private static final Setting<Path> REPLAY =
      Setting.optionalPath(
          "replay",
          "A recording that answers in place of the upstream: nothing goes to the network, and no"
              + " key is needed.");
  private static final Setting<Double> SPEED =
      Setting.number(
          "replay_speed",
          1,
          0,
          FASTEST,
          "How many times as fast as it was recorded a replay is; 0: at once.");
  private static final Setting<Boolean> STRICT =
      Setting.flag(
          "replay_strict",
          false,
          "Whether a request that comes more often than it was recorded is refused; else the last"
              + " answer comes again.");

  /** Copies the list. */
  public TrafficSettings {
    secrets = List.copyOf(secrets);
  }

  /** What fields carry that are secret by their names: their values, without the word before. */
  public static List<Secret> secrets(List<Header> fields) {
    return fields.stream()
        .filter(field -> Mask.isSecret(field.name()))
        .map(field -> field.value().substring(field.value().lastIndexOf(' ') + 1))
        .map(Secret::new)
        .toList();
  }

  /** Whether the upstream of this section is replayed, so that neither place nor key is needed. */
  public static boolean isReplayed(Section section) {
    return section.find(REPLAY).isPresent();
  }

  /**
   * Reads the keys of an upstream's section; what is wrong is reported there.
   *
   * @param name of the upstream
   * @param secrets that its requests carry
   */
  public static TrafficSettings read(String name, Section section, List<Secret> secrets) {
    Optional<Path> replayed = section.find(REPLAY);
    Optional<Path> recorded = section.find(RECORD).map(place -> file(place, name));
    boolean bodies = section.get(BODIES);
    long maxBytes = section.get(MAX_BYTES);
    double speed = section.get(SPEED);
    boolean strict = section.get(STRICT);
    if (replayed.isEmpty()) {
      recorded.ifPresent(file -> requireWritable(section, file));
    }
    replayed.ifPresent(file -> requireReadable(section, file));
    return new TrafficSettings(
        recorded
            .filter(_ -> replayed.isEmpty()) // what is replayed has been recorded before
            .map(file -> new Recording(file, bodies, maxBytes)),
        replayed.map(file -> new Replay(file.toAbsolutePath().normalize(), speed, strict)),
        secrets);
  }

  private static Path file(Path place, String name) {
    boolean isFile = place.toString().endsWith(SUFFIX);
    return (isFile ? place : place.resolve(name + SUFFIX)).toAbsolutePath().normalize();
  }

  /** The file may not be there yet, nor its folder; the next one above must be ours to write. */
  private static void requireWritable(Section section, Path file) {
    if (Files.exists(file)) {
      if (!Files.isRegularFile(file) || !Files.isWritable(file)) {
        section.reject(RECORD.key(), "must be a file that can be written: " + file);
      }
      return;
    }
    Path above = file.getParent();
    while (above != null && !Files.exists(above)) {
      above = above.getParent();
    }
    if (above == null || !Files.isDirectory(above) || !Files.isWritable(above)) {
      section.reject(RECORD.key(), "must be in a folder that can be written: " + file);
    }
  }

  private static void requireReadable(Section section, Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      section.reject(
          REPLAY.key(), "must be a recording that can be read: " + file.toAbsolutePath());
    }
  }
}
