package llm.server.api.monitor;

import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * The limits of the live monitor, from section {@code server.monitor}.
 *
 * @param maxListeners how many may listen at once
 * @param queueMessages how many messages may wait for one of them
 */
public record MonitorSettings(int maxListeners, int queueMessages) {
  private static final Setting<Integer> MAX_LISTENERS =
      Setting.integer(
          "max_listeners",
          64,
          0,
          10_000,
          "Listeners of WS /ws/monitor at once; more are answered 503. 0 turns it off.");
  private static final Setting<Integer> QUEUE_MESSAGES =
      Setting.integer(
          "queue_messages",
          1_024,
          16,
          100_000,
          "Messages that may wait for one listener (4 MiB at most); one that has more is dropped"
              + " with 1008 'too slow'.");

  /** Reads the section of {@code server}. */
  public static MonitorSettings read(Section server) {
    Section section = server.section("monitor", "The live monitor, WS /ws/monitor.");
    return new MonitorSettings(section.get(MAX_LISTENERS), section.get(QUEUE_MESSAGES));
  }
}
