package llm.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Level;
import llm.core.telemetry.TelemetrySettings;

/** Command line of this module's sandbox. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -m llm.core [--help] [SCENE]

      Shows what the module llm.core does, without a key, a network or a file, and prints one JSON
      line an event: a configuration with its problems (config_problem), the log's escaping
      (log_line), a metric family (metric), the event bus with a subscriber that fails
      (llm_request_created, event_subscriber_failed), a call cancelled by its deadline
      (call_cancelled, stream_end), and structured answers while they come: what the user sees
      (answer_chunk), a record that grows (structured_partial, structured_complete), an answer that
      does not fit (structured_failed).

      SCENE shows one part of the conversation core alone, with a model that answers by rote:
        connection  a handshake with an empty generation, then pings (conn_handshake_start,
                    conn_handshake_finish, keep_alive_ping_start, keep_alive_ping_finish)
        client      a request and its stream (request_send, first_token, chunk, stream_end)
        context     what a model is asked, and what of its window that takes (usage_ratio)
        dual        the next context: warmup_start, warmup_ready, handover_perform, warmup_cancelled
        manager     turns until one goes on in a new context, a summary made and read from the cache
      """;

  private Main() {}

  /** Runs the sandbox; exits with 2 on arguments it does not know. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(HELP);
      return;
    }
    Optional<Scene> scene = args.length == 1 ? Scene.named(args[0]) : Optional.empty();
    if (args.length > 0 && scene.isEmpty()) {
      System.err.print(HELP);
      System.exit(2);
    }
    var everything = new TelemetrySettings(Level.DEBUG, Map.of(), 8_192);
    try (var telemetry = JsonLines.standardOutput(everything)) {
      if (scene.isPresent()) {
        scene.get().run(telemetry);
      } else {
        new CoreSandbox(telemetry).run();
      }
    }
  }
}
