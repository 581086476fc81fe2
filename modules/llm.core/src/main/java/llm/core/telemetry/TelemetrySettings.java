package llm.core.telemetry;

import java.util.Map;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * The section {@code telemetry}.
 *
 * @param level what loggers write from, AUDIT events are always written
 * @param levels other levels for loggers by name; a name stands for its children too
 * @param ringLines events that may wait for the writer, 64 to 1,000,000
 */
public record TelemetrySettings(Level level, Map<String, Level> levels, int ringLines) {
  /** INFO everywhere. */
  public static final TelemetrySettings DEFAULT =
      new TelemetrySettings(Level.INFO, Map.of(), 8_192);

  private static final Setting<Level> LEVEL =
      Setting.choice("level", DEFAULT.level, "What loggers write from; AUDIT is always written.")
          .orEnvironment("LOG_LEVEL");
  private static final Setting<Level> LEVELS =
      Setting.choice(
          "levels",
          DEFAULT.level,
          "Other levels by logger, as `llm.gateway: debug`; a name stands for its children too.");
  private static final Setting<Integer> RING_LINES =
      Setting.integer(
          "ring_lines",
          DEFAULT.ringLines,
          64,
          1_000_000,
          "Events that may wait for the writer; when full, DEBUG and INFO are dropped and counted.");

  /** Copies the map. */
  public TelemetrySettings {
    levels = Map.copyOf(levels);
  }

  /** Reads the section {@code telemetry} of {@code root}. */
  public static TelemetrySettings read(Section root) {
    Section section = root.section("telemetry", "Logs on standard output and metrics.");
    return new TelemetrySettings(section.get(LEVEL), section.map(LEVELS), section.get(RING_LINES));
  }
}
