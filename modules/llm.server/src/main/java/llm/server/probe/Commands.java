package llm.server.probe;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import llm.core.config.ConfigException;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.error.ErrorCode;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.server.boot.Core;
import llm.server.probe.Options.Known;
import llm.server.probe.Options.Wrong;

/** The two commands: their options, and how they end. */
enum Commands {
  PROBE(
      "tools/probe",
      """
      Asks a model the same text again and again in one conversation and measures handshake, time
      to first token (TTFT), total, chunks a second and context use. No server is started.
      """,
      List.of(
          Inputs.CONFIG,
          Inputs.PROMPTS,
          Inputs.MODEL,
          new Known("--text", "TEXT", "What to ask."),
          new Known(Inputs.REPEATS, "N", "How often (default 5)."),
          Inputs.REPORTS)) {
    @Override
    Measuring measuring(Options options) throws Wrong {
      return new Probe(Inputs.of(options, Probe.REPEATS), options.text("--text"));
    }
  },
  E2E(
      "tools/e2e",
      """
      Leads a dialogue of three steps, repeats the last one, and has it summarised each time: made
      by the model once, then read from the cache. No server is started.
      """,
      List.of(
          Inputs.CONFIG,
          Inputs.PROMPTS,
          Inputs.MODEL,
          new Known(
              "--session-id", "ID", "Whose dialogue; one that is kept goes on (default demo-123)."),
          new Known(Inputs.REPEATS, "N", "How often the last step is asked (default 2)."),
          Inputs.REPORTS)) {
    @Override
    Measuring measuring(Options options) throws Wrong {
      return new EndToEnd(Inputs.of(options, EndToEnd.REPEATS), options.text("--session-id"));
    }
  };

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;
  private static final int RING_LINES = 1 << 16;

  private final String command;
  private final String purpose;
  private final List<Known> known;

  Commands(String command, String purpose, List<Known> known) {
    this.command = command;
    this.purpose = purpose;
    this.known = known;
  }

  /** What a command does once its options are read. */
  interface Measuring {
    void run(Terminal terminal, JsonLines lines)
        throws ConfigException, Core.Refused, LlmException, IOException;
  }

  abstract Measuring measuring(Options options) throws Wrong;

  /** Runs the command in this process; returns the exit code. */
  int run(String... args) {
    return run(Terminal.process(), args);
  }

  int run(Terminal terminal, String... args) {
    if (List.of(args).contains("--help")) {
      new PrintStream(terminal.out(), true, StandardCharsets.UTF_8).print(help());
      return OK;
    }
    try {
      return run(terminal, measuring(Options.read(known, args)));
    } catch (Wrong wrong) {
      terminal.err().println(command + ": " + wrong.getMessage() + "; --help lists the options.");
      return WRONG_USE;
    }
  }

  private String help() {
    return "Usage: "
        + command
        + " [OPTIONS]\n"
        + purpose
        + "\n"
        + Options.help(known)
        + "\nStandard output has one JSON event a line. Reports are never overwritten."
        + "\nExit code: 0, 1 when it failed (an event 'error' says why), 2 for a wrong option.\n";
  }

  private static int run(Terminal terminal, Measuring measuring) {
    var settings = new TelemetrySettings(Level.WARN, Map.of(), RING_LINES);
    try (var lines = new JsonLines(terminal.out(), settings, TimeSource.SYSTEM)) {
      var log = lines.log("llm.probe");
      try {
        measuring.run(terminal, lines);
        return OK;
      } catch (ConfigException refused) {
        refused
            .problems()
            .forEach(problem -> fail(terminal, log, "invalid_configuration", problem.toString()));
      } catch (Core.Refused refused) {
        fail(terminal, log, ErrorCode.STORE_UNAVAILABLE.wireName(), refused.getMessage());
      } catch (LlmException failure) {
        fail(terminal, log, failure.error().code().wireName(), failure.error().message());
      } catch (IOException failure) {
        fail(terminal, log, "report_not_saved", failure.toString());
      } catch (RuntimeException bug) {
        fail(terminal, log, ErrorCode.INTERNAL.wireName(), bug.toString());
      }
      return FAILED;
    }
  }

  private static void fail(Terminal terminal, Log log, String code, String message) {
    log.error("error").put("code", code).put("message", message).emit();
    terminal.say("failed: " + message);
  }
}
