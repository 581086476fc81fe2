package llm.core;

import java.util.List;
import java.util.Map;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Level;
import llm.core.telemetry.TelemetrySettings;

/** Command line of this module's sandbox. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -m llm.core [--help]

      Shows what the module llm.core does, without a key, a network or a file, and prints one JSON
      line an event: a configuration with its problems (config_problem), the log's escaping
      (log_line), a metric family (metric), the event bus with a subscriber that fails
      (llm_request_created, event_subscriber_failed), a call cancelled by its deadline
      (call_cancelled, stream_end), and structured answers while they come: what the user sees
      (answer_chunk), a record that grows (structured_partial, structured_complete), an answer that
      does not fit (structured_failed).
      """;

  private Main() {}

  /** Runs the sandbox; exits with 2 on arguments it does not know. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(HELP);
      return;
    }
    if (args.length > 0) {
      System.err.print(HELP);
      System.exit(2);
    }
    var everything = new TelemetrySettings(Level.DEBUG, Map.of(), 8_192);
    try (var telemetry = JsonLines.standardOutput(everything)) {
      new CoreSandbox(telemetry).run();
    }
  }
}
