package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.schedule.FaultLimit;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: a fault ends what is in work and no more")
class FaultsTest {
  @TempDir static Path folder;
  private static Path tiny;
  private static Path other;

  @BeforeAll
  static void write() {
    TestFiles.library();
    tiny = TinyModel.chat(1024).writeTo(folder.resolve("tiny.gguf"));
    other = TinyModel.plain(64).writeTo(folder.resolve("other.gguf"));
  }

  @Test
  void aModelThatBrokeDownIsLoadedAgainForTheNextRequest() throws Exception {
    var clock = new ManualClock();
    var recorded = new RecordingTelemetry();
    try (var engine =
        new Engine(
            EngineFixture.free(), TestFiles::library, new Unwilling(recorded), clock, () -> 42)) {
      for (Path file : List.of(tiny, other, tiny)) { // each unloads the one before, which breaks it
        assertThat(ask(engine, file, clock))
            .as("%s", file.getFileName())
            .isInstanceOf(StreamEvent.Done.class);
      }
      assertThat(recorded.events("engine_failed")).hasSize(2);
      assertThat(engine.status().failure()).as("after a load that went well").isEmpty();
    }
  }

  @Test
  void aModelThatBreaksDownAgainAndAgainIsRefusedUntilItHasRested() throws Exception {
    var clock = new ManualClock();
    var recorded = new RecordingTelemetry();
    try (var engine =
        new Engine(
            EngineFixture.free(), TestFiles::library, new Unwilling(recorded), clock, () -> 42)) {
      for (int i = 0; i < FaultLimit.MOST; i++) {
        assertThat(ask(engine, tiny, clock)).isInstanceOf(StreamEvent.Done.class);
        assertThat(ask(engine, other, clock)).isInstanceOf(StreamEvent.Done.class);
        clock.advance(Duration.ofMinutes(1));
      }
      int loads = recorded.events("model_load_start").size();
      assertThat(ask(engine, tiny, clock))
          .isEqualTo(
              new StreamEvent.Failed(
                  new LlmError.ModelUnavailable(
                      "local",
                      "Model file tiny.gguf was ended by 3 faults within 5 minutes; the server's"
                          + " log has their causes. Ask again in 120 s, when it may be loaded"
                          + " again."),
                  Usage.NONE));
      assertThat(recorded.events("model_load_start")).hasSize(loads);

      clock.advance(Duration.ofMinutes(2));
      assertThat(ask(engine, tiny, clock)).isInstanceOf(StreamEvent.Done.class);
    }
  }

  private static StreamEvent.Terminal ask(Engine engine, Path file, ManualClock clock)
      throws LlmException {
    var call = Calls.open("call", clock, Duration.ofSeconds(60));
    return drain(engine.submit(request("hi", 1), file, call)).terminal();
  }

  @Test
  void anEngineThatBreaksDownEndsItsRequestAndSaysSo() throws Exception {
    var recorded = new RecordingTelemetry();
    IntSupplier brokenSeed =
        () -> {
          throw new IllegalStateException("no seed");
        };
    var clock = new ManualClock();
    var telemetry = new Unwilling(recorded);
    var engine = new Engine(EngineFixture.free(), TestFiles::library, telemetry, clock, brokenSeed);
    var call = Calls.open("call", clock, Duration.ofSeconds(60));
    var request = request("hi", 1).withSampling(SamplingOptions.DEFAULTS);

    assertThat(engine.submit(request, tiny, call).next())
        .isEqualTo(new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE));

    engine.close();
    assertThat(engine.status().failure().orElseThrow()).contains("was ended by a fault");
    assertThat(recorded.trail()).contains("generation_failed", "engine_failed");
  }

  @Test
  void anEngineThatBreaksDownGivesItsPlaceToTheNext() throws Exception {
    var clock = new ManualClock();
    var telemetry = new Unwilling(new RecordingTelemetry());
    try (var engine =
        new Engine(EngineFixture.free(), TestFiles::library, telemetry, clock, () -> 42)) {
      for (Path file : List.of(tiny, other)) {
        var call = Calls.open("call", clock, Duration.ofSeconds(60));
        assertThat(drain(engine.submit(request("hi", 1), file, call)).terminal())
            .as("%s", file.getFileName())
            .isInstanceOf(StreamEvent.Done.class);
      }
    }
  }

  /** Throws where an unload is logged. */
  private record Unwilling(RecordingTelemetry recorded) implements Telemetry {
    @Override
    public Metrics metrics() {
      return recorded.metrics();
    }

    @Override
    public Log log(String component) {
      Log inner = recorded.log(component);
      return new Log() {
        @Override
        public boolean enabled(Level level) {
          return inner.enabled(level);
        }

        @Override
        public Log.Entry at(Level level, String event) {
          if (event.equals("model_unload")) {
            throw new IllegalStateException("no unload");
          }
          return inner.at(level, event);
        }
      };
    }
  }
}
