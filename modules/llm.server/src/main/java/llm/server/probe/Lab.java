package llm.server.probe;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import llm.core.concurrent.CallScope;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.connection.Handshake;
import llm.core.conversation.Conversations;
import llm.core.conversation.TurnEvent;
import llm.core.conversation.TurnReport;
import llm.core.gateway.Gateway;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.server.boot.Core;
import llm.server.probe.report.Greeting;
import llm.server.probe.report.ReportFiles;
import llm.server.probe.report.Results;
import llm.server.probe.report.Trail;
import llm.server.probe.report.TurnFigures;

/** The core with its clocks: shakes hands, takes turns and keeps what they cost. One thread. */
final class Lab implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(10); // of one call
  private static final Map<String, Level> SHOWN =
      Map.of(
          "llm.conn", Level.DEBUG,
          "llm.client", Level.DEBUG,
          "llm.context", Level.DEBUG,
          "llm.manager", Level.DEBUG,
          "llm.dual", Level.DEBUG,
          "llm.probe", Level.DEBUG);

  private final Terminal terminal;
  private final Core core;
  private final Trail trail;
  private final Log log;
  private int calls;

  private Lab(Terminal terminal, Core core, Trail trail, Log log) {
    this.terminal = terminal;
    this.core = core;
    this.trail = trail;
    this.log = log;
  }

  /**
   * Opens the core.
   *
   * @param lines takes the events; which of them are shown is set here
   */
  static Lab open(Terminal terminal, Inputs inputs, Core.Keeping keeping, JsonLines lines)
      throws ConfigException, Core.Refused {
    lines.levels(Level.WARN, SHOWN);
    var trail = new Trail();
    var tap = new EventTap(lines, trail);
    ConfigSources sources =
        inputs.config().map(terminal.sources()::withConfig).orElse(terminal.sources());
    var core = Core.open(sources, inputs.prompts(), keeping, tap);
    var levels = new HashMap<>(core.telemetry().levels());
    levels.putAll(SHOWN);
    lines.levels(Level.WARN, levels);
    var log = tap.log("llm.probe");
    core.warnings().forEach(text -> log.warn("config_warning").put("message", text).emit());
    return new Lab(terminal, core, trail, log);
  }

  Gateway gateway() {
    return core.gateway();
  }

  Conversations conversations() {
    return core.conversations();
  }

  String storeKind() {
    return core.storeKind();
  }

  Log log() {
    return log;
  }

  Trail trail() {
    return trail;
  }

  /** Asks something within a call of its own. */
  <T> T ask(Question<T> question) throws LlmException {
    try (CallScope call = call()) {
      return question.ask(call);
    }
  }

  /** What is asked within a call. */
  interface Question<T> {
    T ask(CallScope call) throws LlmException;
  }

  /** Milliseconds since {@code startNanos}. */
  double millisSince(long startNanos) {
    return (nanos() - startNanos) / 1e6;
  }

  long nanos() {
    return core.time().nanoTime();
  }

  /** Writes the reports into a folder and tells where they are. */
  void report(Path folder, Results results) throws IOException {
    for (Path report : ReportFiles.save(folder, results, trail, core.time().now())) {
      log.info("report_saved").put("path", report.toString()).emit();
      terminal.say("report: " + report);
    }
  }

  /** Makes the way to the model ready, and says how long that took. */
  Greeting greet(ModelName model) throws LlmException {
    log.info("handshake_start").put("model", model.value()).emit();
    double client = core.gatewayOpening().toNanos() / 1e6;
    Greeting greeting;
    try (CallScope call = call()) {
      greeting = greeting(model, client, call);
    }
    var line =
        log.info("handshake_finish").put("ms", greeting.handshake()).put("client_ms", client);
    greeting.ping().ifPresent(ms -> line.put("ping_ms", ms));
    greeting.generation().ifPresent(ms -> line.put("generation_ms", ms));
    line.emit();
    return greeting;
  }

  /** Where the ping is answered, what else is wrong shows in the first turn. */
  private Greeting greeting(ModelName model, double client, CallScope call) throws LlmException {
    try {
      Handshake made = core.gateway().connections().handshake(model, call);
      return new Greeting(
          client,
          OptionalDouble.of(made.ping().toNanos() / 1e6),
          made.status(),
          made.generation().stream().mapToDouble(took -> took.toNanos() / 1e6).findFirst());
    } catch (LlmException failed) {
      String id = call.id().value();
      OptionalDouble ping = trail.number(id, "conn_handshake_finish", "ping_ms");
      if (ping.isEmpty() && !(failed.error() instanceof LlmError.Unsupported)) {
        throw failed;
      }
      log.warn("handshake_incomplete").put("message", failed.error().message()).emit();
      OptionalDouble status = trail.number(id, "conn_handshake_finish", "status");
      return new Greeting(
          client,
          ping,
          status.isPresent() ? OptionalInt.of((int) status.getAsDouble()) : OptionalInt.empty(),
          OptionalDouble.empty());
    }
  }

  /**
   * One turn from beginning to end.
   *
   * @param name what the report calls it
   * @param turn its id; empty for one that was never there
   * @throws LlmException when there is no whole answer
   */
  TurnFigures turn(String conversation, String name, Optional<String> turn, String text)
      throws LlmException {
    try (CallScope call = call()) {
      boolean replayed = false;
      try (EventStream<TurnEvent> events =
          core.conversations().turn(conversation, turn, text, call)) {
        while (true) {
          switch (events.next()) {
            case TurnEvent.Started started -> replayed = started.replayed();
            case TurnEvent.Chunk _ -> {
              // the core tells of it
            }
            case TurnEvent.Finished(TurnReport report) -> {
              return told(figures(call.id().value(), name, replayed, report));
            }
            case TurnEvent.Failed(LlmError error, var _) -> throw new LlmException(error);
            case TurnEvent.Cancelled(var reason, var _) ->
                throw new LlmException(new LlmError.Cancelled(reason));
          }
        }
      }
    }
  }

  private TurnFigures figures(String call, String name, boolean replayed, TurnReport report) {
    return new TurnFigures(
        name,
        replayed,
        trail.number(call, "first_token", "ms"),
        trail.number(call, "request_accepted", "ms"),
        trail.number(call, "stream_end", "total_ms"),
        (long) trail.number(call, "stream_end", "chunks").orElse(0),
        report);
  }

  private TurnFigures told(TurnFigures turn) {
    TurnReport report = turn.report();
    if (turn.replayed()) {
      log.info("turn_replayed").put("turn", report.turn()).emit();
      terminal.say(turn.name() + ": told again as it was recorded");
      return turn;
    }
    log.info("context_usage")
        .put("turn", report.turn())
        .put("before", report.contextRatioBefore())
        .put("after", report.contextRatioAfter())
        .emit();
    terminal.say(
        String.format(
            Locale.ROOT,
            "%s: first token %.1f ms, total %.1f ms, %d chunks, context %.0f %%",
            turn.name(),
            turn.firstToken().orElse(Double.NaN),
            turn.total().orElse(Double.NaN),
            turn.chunks(),
            100 * report.contextRatioAfter()));
    return turn;
  }

  /** A call of the local user. */
  private CallScope call() {
    calls++;
    return CallScope.open(
        new CallId("probe-" + calls),
        Principal.LOCAL,
        Optional.empty(),
        PATIENCE,
        core.alarms(),
        bug -> log.error("cancel_hook_failed").cause(bug).emit());
  }

  @Override
  public void close() {
    core.close();
  }
}
