package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.TimerThread;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.gpu.memory.Residence;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@DisplayName("T-6: whom a refused load is told to")
class RefusalTest {
  private static final EngineSettings ONE_PLACE = EngineFixture.inStep(4);

  @TempDir Path folder;

  /** Runs {@code hook} on the engine's thread when it has refused a load, before anybody hears. */
  private static Telemetry atRefusal(Telemetry inner, Runnable hook) {
    return new Telemetry() {
      @Override
      public Log log(String component) {
        Log log = inner.log(component);
        return new Log() {
          @Override
          public boolean enabled(Level level) {
            return log.enabled(level);
          }

          @Override
          public Entry at(Level level, String event) {
            if (event.equals("model_load_refused")) {
              hook.run();
            }
            return log.at(level, event);
          }
        };
      }

      @Override
      public Metrics metrics() {
        return inner.metrics();
      }
    };
  }

  @Test
  void aRequestThatComesAsALoadByHandIsRefusedIsServedAllTheSame() throws Exception {
    TestFiles.library();
    Path first = TinyModel.plain(512).writeTo(folder.resolve("first.gguf"));
    Path second = TinyModel.plain(512).writeTo(folder.resolve("second.gguf"));
    var request = EngineFixture.request("m", 5);
    var comes = new CompletableFuture<Runnable>();
    var came = new CompletableFuture<EventStream<StreamEvent>>();
    var telemetry = atRefusal(new RecordingTelemetry(), () -> comes.join().run());
    try (var alarms = new TimerThread(AssertionError::new);
        var engine = new Engine(ONE_PLACE, TestFiles::library, telemetry, alarms, () -> 42)) {
      comes.complete(() -> {
        try {
          came.complete(
              engine.submit(request, second, Calls.open("b", alarms, Duration.ofSeconds(50))));
        } catch (LlmException full) {
          came.completeExceptionally(full);
        }
      });
      var busy = engine.submit(request, first, Calls.open("a", alarms, Duration.ofSeconds(50)));
      busy.next(); // it goes no further than it is heard
      var byHand = engine.load(second, OptionalInt.empty());
      assertThatThrownBy(() -> byHand.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(Residence.Unmet.class)
          .hasMessageContaining("all are busy: first.gguf");

      assertThat(EngineFixture.drain(busy).terminal()).isInstanceOf(StreamEvent.Done.class);
      assertThat(EngineFixture.drain(came.get(20, TimeUnit.SECONDS)).terminal())
          .isInstanceOf(StreamEvent.Done.class);
    }
  }
}
