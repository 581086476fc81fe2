package llm.providers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.gateway.Gateway;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Log;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;

/** Sandbox of this module: streams an answer of the mock and shows it as JSON lines. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -m llm.providers [--text TEXT] [--model mock|mock-demo] [--delay-ms N]

      Streams an answer of the mock provider, which needs no key, and prints one JSON line an event:
      provider_ready, request_send, first_token, chunk, stream_end, llm_request.

        --text TEXT     what the user says (default: "Hello from the sandbox")
        --model MODEL   mock says it back, mock-demo plays a scripted demo (default: mock)
        --delay-ms N    milliseconds between two words (default: 20)
        --help          this text
      """;
  private static final Map<String, String> DEFAULTS =
      Map.of("--text", "Hello from the sandbox", "--model", "mock", "--delay-ms", "20");
  private static final Duration BUDGET = Duration.ofMinutes(5);
  private static final double NANOS_PER_MS = 1e6;

  private Main() {}

  /** Runs the sandbox; exits with 2 on arguments it does not know, with 1 when the answer fails. */
  public static void main(String[] args) {
    if (List.of(args).contains("--help")) {
      System.out.print(HELP);
      return;
    }
    Map<String, String> options = options(args);
    if (!options.keySet().equals(DEFAULTS.keySet())) {
      System.err.print(HELP);
      System.exit(2);
    }
    boolean answered;
    try (var telemetry = JsonLines.standardOutput(TelemetrySettings.DEFAULT);
        var timer = new TimerThread(bug -> failed(telemetry, bug))) {
      answered = run(options, telemetry, timer);
    } catch (ConfigException illegal) {
      System.err.println(illegal.getMessage());
      answered = false;
    }
    if (!answered) {
      System.exit(1);
    }
  }

  private static boolean run(Map<String, String> options, JsonLines telemetry, TimerThread timer)
      throws ConfigException {
    var sources =
        ConfigSources.of(Map.of(), Path.of(""))
            .withFlag("providers.mock.delay_ms", "--delay-ms", options.get("--delay-ms"));
    var configuration = Configuration.parse("sandbox", "", sources);
    Log log = telemetry.log("llm.sandbox");
    try (var gateway =
            Gateway.open(
                configuration.root(),
                () -> Catalogue.EMPTY,
                telemetry,
                timer,
                IdSource.RANDOM,
                _ -> {},
                Optional.empty());
        var call =
            CallScope.open(
                new CallId("sandbox"),
                Principal.LOCAL,
                Optional.empty(),
                BUDGET,
                timer,
                bug -> failed(telemetry, bug))) {
      configuration.verify();
      stream(gateway, options, call, log, timer);
      return true;
    } catch (LlmException refused) {
      log.error("refused").put("error", refused.error().message()).emit();
      return false;
    }
  }

  private static void stream(
      Gateway gateway, Map<String, String> options, Call call, Log log, TimerThread timer)
      throws LlmException {
    var model = gateway.resolve(Optional.of(options.get("--model")));
    var request = ChatRequest.of(model, List.of(Message.user(options.get("--text"))));
    long sent = timer.time().nanoTime();
    log.info("request_send").call(call).put("model", model.value()).emit();
    try (var stream = gateway.stream(request, call)) {
      int chunks = 0;
      while (true) {
        StreamEvent event = stream.next();
        double elapsed = (timer.time().nanoTime() - sent) / NANOS_PER_MS;
        if (event instanceof StreamEvent.Terminal) {
          log.info("stream_end").call(call).put("total_ms", elapsed).put("chunks", chunks).emit();
          return;
        }
        chunks += chunk(event, chunks, elapsed, call, log);
      }
    }
  }

  private static int chunk(StreamEvent event, int before, double elapsed, Call call, Log log) {
    int size =
        switch (event) {
          case StreamEvent.TextDelta delta -> delta.text().length();
          case StreamEvent.ReasoningDelta delta -> delta.text().length();
          case StreamEvent.ToolCallStarted started -> started.name().length();
          case StreamEvent.ToolArgumentsDelta delta -> delta.json().length();
          case StreamEvent.Started _,
              StreamEvent.ReasoningSigned _,
              StreamEvent.ReasoningHidden _,
              StreamEvent.Note _,
              StreamEvent.Terminal _ ->
              0;
        };
    if (size == 0) {
      return 0;
    }
    if (before == 0) {
      log.info("first_token").call(call).put("ms", elapsed).emit();
    }
    log.info("chunk").call(call).put("seq", before + 1).put("size", size).emit();
    return 1;
  }

  private static void failed(JsonLines telemetry, Throwable bug) {
    telemetry.log("llm.sandbox").error("bug").cause(bug).emit();
  }

  /** What was asked on top of the defaults; has a key of its own for each unknown argument. */
  private static Map<String, String> options(String[] args) {
    var options = new HashMap<>(DEFAULTS);
    for (int index = 0; index < args.length; index += 2) {
      boolean known = DEFAULTS.containsKey(args[index]) && index + 1 < args.length;
      options.put(known ? args[index] : "unknown", known ? args[index + 1] : args[index]);
    }
    return options;
  }
}
