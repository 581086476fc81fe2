package llm.server.api.monitor;

import java.util.Locale;

/** What a listener may ask for. */
enum Topic {
  /** What happened to requests. */
  EVENT,
  /** The log's lines. */
  LOG,
  /** Figures of the process and the models. */
  STATS;

  /** Its name in messages and filters. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
