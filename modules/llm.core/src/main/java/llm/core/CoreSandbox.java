package llm.core;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.EventRing;
import llm.core.concurrent.TimerThread;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.event.EventBus;
import llm.core.event.LlmEventLog;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.call.CallId;
import llm.domain.call.Principal;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmRequestId;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/** C-11: one small scene for each part of the ground floor, told as events. */
final class CoreSandbox {
  private static final double NANOS_PER_MS = 1e6;
  private static final Duration BUDGET = Duration.ofMillis(50);
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String FAULTY_FILE =
      """
      telemetry:
        level: loud
        ring_line: 100
        levels:
          llm.gateway: debug
      telemetri: {}
      """;

  private final Telemetry telemetry;
  private final Log log;

  CoreSandbox(Telemetry telemetry) {
    this.telemetry = telemetry;
    this.log = telemetry.log("llm.sandbox");
  }

  void run() throws InterruptedException, ConfigException {
    configuration();
    logging();
    metrics();
    events();
    cancellation();
    structured();
    log.info("sandbox_done").emit();
  }

  /**
   * A file with three mistakes: each is told with its line, the good values are read all the same.
   */
  private void configuration() throws ConfigException {
    var environment = Map.of("LLM_TELEMETRY_RING_LINES", "12", "LLM_TELEMETRY_LEVL", "debug");
    var configuration =
        Configuration.parse("example.yml", FAULTY_FILE, ConfigSources.of(environment, Path.of("")));
    var read = TelemetrySettings.read(configuration.root());
    log.info("config_read")
        .put("log_level", read.level().name())
        .put("levels", read.levels().toString())
        .put("ring_lines", read.ringLines())
        .emit();
    configuration
        .problems()
        .forEach(problem -> log.warn("config_problem").put("text", problem.toString()).emit());
    configuration
        .warnings()
        .forEach(warning -> log.warn("config_warning").put("text", warning).emit());
  }

  private void logging() {
    log.info("log_line")
        .put("text", "quotes \" and \\, a line\nbreak, \u2028, a lone \uD83D, and 😀")
        .put("not_a_number", Double.NaN)
        .put("milliseconds", 1.23456)
        .put("event", "a field may not take the name of the head")
        .emit();
  }

  private void metrics() {
    var seconds =
        telemetry
            .metrics()
            .histogram(
                "sandbox_duration_seconds", "An example.", new double[] {0.01, 0.1, 1}, "model");
    seconds.labels("mock").observe(0.02);
    seconds.labels("mock").observe(0.5);
    telemetry
        .metrics()
        .prometheusText()
        .lines()
        .filter(line -> line.startsWith("sandbox_"))
        .forEach(line -> log.info("metric").put("line", line).emit());
  }

  /** One subscriber shows the domain's event, another fails and keeps nobody from anything. */
  private void events() throws InterruptedException {
    try (var bus = new EventBus(telemetry)) {
      bus.subscribe("log", LlmEvent.class, new LlmEventLog(telemetry));
      bus.subscribe("broken", LlmEvent.class, CoreSandbox::refuse);
      bus.publish(
          new LlmEvent.LlmRequestCreated(
              IdSource.RANDOM.next(),
              TimeSource.SYSTEM.now(),
              LlmRequestId.create(IdSource.RANDOM),
              new ModelName("mock"),
              1,
              0));
      bus.flush(SOON);
    }
  }

  private static void refuse(LlmEvent event) {
    throw new IllegalStateException("this subscriber always fails");
  }

  /** A producer that never comes to its end is stopped by the call's deadline. */
  private void cancellation() {
    long start = System.nanoTime();
    try (var timer = new TimerThread(bug -> log.error("timer_failed").cause(bug).emit());
        var call =
            CallScope.open(
                new CallId("sandbox-1"),
                Principal.LOCAL,
                Optional.empty(),
                BUDGET,
                timer,
                bug -> log.error("hook_failed").cause(bug).emit());
        var ring = new EventRing(8, call, timer)) {
      call.onCancel(() -> end(ring, call));
      ring.offer(new StreamEvent.TextDelta("only this"));
      StreamEvent event;
      do {
        event = ring.next();
        log.info("stream_event").call(call).put("kind", event.getClass().getSimpleName()).emit();
      } while (!(event instanceof StreamEvent.Terminal));
      log.info("stream_end")
          .call(call)
          .put("ms", (System.nanoTime() - start) / NANOS_PER_MS)
          .emit();
    }
  }

  private void structured() {
    try (var timer = new TimerThread(bug -> log.error("timer_failed").cause(bug).emit())) {
      new StructuredScene(log, timer).run();
    }
  }

  private void end(EventRing ring, CallScope call) {
    var reason = call.cancelled().orElseThrow();
    log.info("call_cancelled").call(call).put("reason", reason.name()).emit();
    ring.end(StreamEvent.Terminal.of(reason, "sandbox generation", BUDGET, Usage.NONE));
  }
}
