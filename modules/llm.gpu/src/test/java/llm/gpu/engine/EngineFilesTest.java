package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.LlamaException;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** P-1: whatever happens to a model's file, the process lives and says what is wrong. */
@Timeout(120)
class EngineFilesTest {
  @TempDir Path folder;
  private EngineFixture fixture;
  private Path file;

  @BeforeEach
  void open() {
    TestFiles.library();
    fixture = new EngineFixture(EngineFixture.free());
    file = folder.resolve("model.gguf");
  }

  @AfterEach
  void close() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void anAbsentFileATextAndAFolderAreUnavailableUntilTheyAreRepaired() throws Exception {
    assertUnavailable("model.gguf does not exist");
    Files.writeString(file, "this is no model, only a longer text");
    assertUnavailable("model.gguf is not a GGUF file");
    Files.delete(file);
    Files.createDirectory(file);
    assertUnavailable("model.gguf is a directory");
    Files.delete(file);
    TinyModel.plain(64).writeTo(file);

    assertServed();
    assertThat(fixture.engine.status().failure()).isEmpty();
  }

  @Test
  void aTruncatedFileIsUnavailable() throws Exception {
    byte[] whole = TinyModel.plain(64).bytes();
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));

    assertUnavailable("is truncated");
  }

  @Test
  void aFileThatVanishesIsServedFromMemory() throws Exception {
    TinyModel.plain(64).writeTo(file);
    assertServed();
    Files.delete(file);

    assertServed();
    assertThat(fixture.telemetry.events("model_load_start")).hasSize(1);
  }

  @Test
  void aFileThatIsCutWhileItIsLoadedDoesNoHarm() throws Exception {
    TinyModel.plain(64).writeTo(file);
    assertServed();
    try (var channel = Files.newByteChannel(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(100);
    }
    assertUnavailable("is truncated");

    TinyModel.plain(64).withSeed(2).writeTo(file);
    assertServed();
  }

  @Test
  void anotherFileReplacesTheOneInMemory() throws Exception {
    TinyModel.plain(64).writeTo(file);
    assertServed();
    Path other = TinyModel.plain(64).withSeed(2).writeTo(folder.resolve("other.gguf"));
    drain(fixture.submit(other, request("a", 2)));

    assertThat(
            fixture.telemetry.trail().stream()
                .filter(name -> name.matches("model_(load_start|load_finish|unload)")))
        .containsExactly(
            "model_load_start",
            "model_load_finish",
            "model_unload",
            "model_load_start",
            "model_load_finish");
    assertThat(fixture.engine.status().models())
        .extracting(LoadedStatus::name)
        .containsExactly("other.gguf");
  }

  @Test
  void damagedWeightsFailTheRequest() throws Exception {
    TinyModel.plain(64).with(Damage.NAN_WEIGHTS).writeTo(file);

    assertThat(drain(fixture.submit(file, request("a", 2))).terminal())
        .isInstanceOfSatisfying(
            StreamEvent.Failed.class,
            failed -> assertThat(failed.error()).isInstanceOf(LlmError.ProviderFailed.class));
  }

  @Test
  void warmingLoadsWithoutARequestAndAFailureIsOnlyLogged() throws Exception {
    fixture.engine.warm(file);
    awaitEvent("model_load_failed");
    TinyModel.plain(64).writeTo(file);
    fixture.engine.warm(file);
    awaitEvent("model_load_finish");

    assertThat(fixture.engine.status().models())
        .extracting(LoadedStatus::name)
        .containsExactly("model.gguf");
    assertServed();
  }

  @Test
  void aLibraryThatIsNotThereMakesModelsUnavailable() throws Exception {
    TinyModel.plain(64).writeTo(file);
    var asked = new CountDownLatch(1);
    try (var broken =
        new Engine(
            EngineFixture.free(),
            () -> {
              asked.countDown();
              throw new LlamaException("There is no library; run tools/native.");
            },
            fixture.telemetry,
            fixture.alarms,
            () -> 1)) {
      var stream = broken.submit(request("a", 1), file, fixture.call("call"));

      assertThat(stream.next())
          .isEqualTo(
              new StreamEvent.Failed(
                  new LlmError.ModelUnavailable("local", "There is no library; run tools/native."),
                  llm.domain.chat.Usage.NONE));
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private void assertServed() throws Exception {
    assertThat(drain(fixture.submit(file, request("a", 2))).terminal())
        .isInstanceOf(StreamEvent.Done.class);
  }

  private void assertUnavailable(String message) throws Exception {
    assertThat(drain(fixture.submit(file, request("a", 2))).terminal())
        .isInstanceOfSatisfying(
            StreamEvent.Failed.class,
            failed ->
                assertThat(failed.error())
                    .isInstanceOfSatisfying(
                        LlmError.ModelUnavailable.class,
                        error -> assertThat(error.message()).contains(message)));
  }

  private void awaitEvent(String name) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (fixture.telemetry.events(name).isEmpty()) {
      assertThat(System.nanoTime()).as("no event " + name).isLessThan(until);
      Thread.onSpinWait();
    }
  }
}
