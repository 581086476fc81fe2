package llm.gpu;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.provider.Installation;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.gpu.engine.Engine;
import llm.gpu.engine.EngineSettings;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.llama.Library;
import llm.gpu.llama.LibraryFolder;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;

/**
 * Sandbox of this module: shows the library, the load of a model, the tokens of a prompt and the
 * pieces of the answer as JSON lines. Exits with 0, also when there is no library or no model was
 * given; with 1 when what was given does not work; with 2 for wrong arguments.
 */
public final class Main {
  private static final Duration BUDGET = Duration.ofMinutes(10);
  private static final Duration FLUSH = Duration.ofSeconds(5);

  private final SandboxOptions options;
  private final JsonLines telemetry;
  private final Log log;

  private Main(SandboxOptions options, JsonLines telemetry) {
    this.options = options;
    this.telemetry = telemetry;
    this.log = telemetry.log("llm.gpu.sandbox");
  }

  /** Runs once; {@code --help} lists the options. */
  public static void main(String[] args) throws InterruptedException {
    Optional<SandboxOptions> options = SandboxOptions.parse(List.of(args));
    if (options.isEmpty()) {
      boolean asked = Arrays.asList(args).contains("--help");
      System.err.println(SandboxOptions.USAGE);
      System.exit(asked ? 0 : 2);
    }
    // Every piece of an answer is a line; not where rounds are measured.
    Level level = options.get().streams() > 0 ? Level.INFO : Level.DEBUG;
    var settings = new TelemetrySettings(level, TelemetrySettings.DEFAULT.levels(), 1 << 14);
    int status;
    try (var telemetry = JsonLines.standardOutput(settings)) {
      status = new Main(options.get(), telemetry).run();
      telemetry.flush(FLUSH);
    }
    System.exit(status);
  }

  private int run() {
    Optional<Path> folder = options.library().or(Main::fetched);
    if (folder.isEmpty()) {
      return absent("library", "No library was fetched; run tools/native or give --lib DIR.");
    }
    try {
      Library library = load(folder.get());
      if (options.model().isEmpty()) {
        return absent("model", "No model was given; give --model FILE.gguf.");
      }
      Path model = options.model().get().toAbsolutePath();
      showTokens(library, model);
      return generate(library, model);
    } catch (LlamaException | LlmException failure) {
      log.error("failed").put("message", failure.getMessage()).emit();
      return 1;
    } catch (GgufException failure) {
      String message = "The file " + options.model().get() + " " + failure.getMessage() + ".";
      log.error("failed").put("message", message).emit();
      return 1;
    }
  }

  private static Optional<Path> fetched() {
    return Optional.ofNullable(System.getenv("LLAMA_LIB_DIR"))
        .map(Path::of)
        .or(() -> LibraryFolder.under(Installation.home().orElse(Path.of(""))))
        .filter(folder -> LibraryFolder.libraryIn(folder).isPresent());
  }

  private int absent(String what, String reason) {
    log.info("absent").put("what", what).put("reason", reason).emit();
    return 0;
  }

  private Library load(Path folder) throws LlamaException {
    var library =
        Library.load(
            folder,
            (severity, line) ->
                log.warn("native_log").put("severity", severity.name()).put("line", line).emit());
    log.info("library")
        .put("version", library.version())
        .put("folder", library.folder().toString())
        .put("cpu_variant", library.variant().orElse("unknown"))
        .put("devices", String.join(", ", library.devices()))
        .put("features", library.features())
        .emit();
    return library;
  }

  private void showTokens(Library library, Path file) throws LlamaException, GgufException {
    SplitFiles.readAll(file);
    try (Model model = Model.loadVocabulary(library, file)) {
      int[] tokens = model.vocabulary().tokenize(options.prompt());
      log.info("tokens")
          .put("text", options.prompt())
          .put("count", tokens.length)
          .put("ids", Arrays.toString(tokens))
          .emit();
    }
  }

  private int generate(Library library, Path file) throws LlmException {
    var settings = EngineSettings.DEFAULT.withThreads(options.threads());
    try (var alarms = new TimerThread(this::report);
        var engine = new Engine(settings, () -> library, telemetry, alarms, options::seed)) {
      if (options.streams() > 0) {
        return measure(engine, file, alarms);
      }
      var request =
          ChatRequest.of(new ModelName("local"), List.of(Message.user(options.prompt())))
              .withMaxTokens(options.maxTokens());
      try (CallScope call = call(alarms)) {
        return show(engine.submit(request, file, call));
      }
    }
  }

  private int measure(Engine engine, Path file, TimerThread alarms) throws LlmException {
    var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    log.info("streams")
        .put("streams", options.streams())
        .put("threads", options.threads())
        .put("batch_tokens", EngineSettings.DEFAULT.batchTokens())
        .emit();
    new Streams(engine, file, options.streams(), options.maxTokens(), () -> call(alarms), log)
        .run(lines);
    return 0;
  }

  private CallScope call(TimerThread alarms) {
    return CallScope.open(
        new CallId("sandbox"), Principal.LOCAL, Optional.empty(), BUDGET, alarms, this::report);
  }

  private int show(EventStream<StreamEvent> stream) throws LlmException {
    try (stream) {
      var text = new StringBuilder();
      while (true) {
        switch (stream.next()) {
          case StreamEvent.Started _ -> log.info("started").emit();
          case StreamEvent.TextDelta delta -> {
            text.append(delta.text());
            log.debug("chunk").put("text", delta.text()).emit();
          }
          case StreamEvent.Done done -> {
            log.info("answer")
                .put("text", text.toString())
                .put("finish_reason", done.finishReason().wireName())
                .put("prompt_tokens", done.usage().promptTokens())
                .put("completion_tokens", done.usage().completionTokens())
                .emit();
            return 0;
          }
          case StreamEvent.Failed failed -> throw new LlmException(failed.error());
          case StreamEvent other -> log.info("event").put("event", other.toString()).emit();
        }
      }
    }
  }

  private void report(Throwable failure) {
    log.error("hook_failed").cause(failure).emit();
  }
}
