package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.telemetry.Level;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence.Place;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth.Status;
import llm.gpu.testmodel.DemoModel;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.text.ModelTemplates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("The model that comes with the program, beside those that are configured")
class BuiltinModelTest {
  private static final ModelName BUILTIN = new ModelName("builtin");

  @TempDir Path home;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private Path models;
  private ChatProvider provider;

  @BeforeEach
  void install() throws Exception {
    models = Files.createDirectory(home.resolve("models"));
  }

  @AfterEach
  void close() {
    if (provider != null) {
      provider.close();
    }
    alarms.close();
  }

  private ProviderSetup create(String more, Optional<Path> installation) {
    String library = "library_dir: " + TestFiles.libraryFolder();
    var section =
        TestConfig.yaml("providers: {local: {threads: 1, " + library + more + "}}")
            .section("providers.local");
    var context = new ProviderContext(section, telemetry, alarms, IdSource.RANDOM, installation);
    return new LocalProviderFactory().create(context);
  }

  private void ready(String more) {
    provider = ((ProviderSetup.Ready) create(more, Optional.of(home))).provider();
  }

  private List<String> ids() {
    return provider.models().stream().map(ModelInfo::id).toList();
  }

  private String ask(String model, String text) throws Exception {
    var request = ChatRequest.of(new ModelName(model), List.of(Message.user(text)));
    return provider.complete(request, Calls.open(alarms, Duration.ofSeconds(60))).text();
  }

  private String whyNot(String model) {
    LlmError why =
        catchThrowableOfType(LlmException.class, () -> provider.validateModel(new ModelName(model)))
            .error();
    return ((LlmError.ModelUnavailable) why).message();
  }

  @Test
  void answersWhereNothingIsConfigured() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    ready("");
    assertThat(ids()).containsExactly("builtin");
    assertThat(provider.model(BUILTIN).orElseThrow().description())
        .startsWith("A tiny demonstration model that knows a few answers about this server");
    assertThat(provider.health().status()).isEqualTo(Status.UP);
    assertThat(ask("builtin", "which port?")).isEqualTo(DemoModel.ANSWER);
    assertThat(provider.model(BUILTIN).orElseThrow().description())
        .endsWith("server (llama, 0.1 MB, in this process)");
    assertThat(provider.model(BUILTIN).orElseThrow().spec().orElseThrow().contextTokens())
        .isEqualTo(4096);
    assertThat(ask("builtin", "who?")).isEqualTo(DemoModel.ENGLISH);
    assertThat(provider.health().status()).isEqualTo(Status.UP);
    assertThat(provider.model(new ModelName("local"))).isEmpty();
    assertThat(whyNot("local")).contains("--model FILE.gguf", "MODELS_DIR");
  }

  @Test
  void standsBesideAConfiguredModel() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    Path own = TinyModel.chat(256).writeTo(home.resolve("own.gguf"));
    ready(", model: " + own); // one place alone
    assertThat(ids()).containsExactly("local", "builtin");
    ask("local", "");
    assertThat(ask("builtin", "which port?")).isEqualTo(DemoModel.ANSWER);
    ask("local", "");
    assertThat(provider.memory().orElseThrow().standing().models())
        .allMatch(one -> one.place() == Place.LOADED);
    assertThat(telemetry.events("model_load_finish")).as("none left for the other").hasSize(2);
    assertThat(provider.model(new ModelName("local")).orElseThrow().description())
        .startsWith("tiny (llama");
  }

  @Test
  void isNoneOfAFoldersModelsEvenWhereItLies() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    TinyModel.chat(256).writeTo(models.resolve("own.gguf"));
    ready(", models_dir: " + models);
    assertThat(ids()).containsExactly("local", "own", "builtin");
    assertThat(provider.model(new ModelName("local")).orElseThrow().description())
        .startsWith("tiny (llama");
  }

  @Test
  void aDraftModelIsNoneOfThemEither() {
    TinyModel.chat(256).writeTo(models.resolve("own.gguf"));
    Path draft = TinyModel.chat(256).writeTo(models.resolve("small.gguf"));
    ready(", models_dir: " + models + ", draft_model: " + draft);
    assertThat(ids()).containsExactly("local", "own");
  }

  @Test
  void aFileOfItsNameElsewhereGetsAnotherId() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    Path folder = Files.createDirectory(home.resolve("folder"));
    TinyModel.chat(256).writeTo(folder.resolve("builtin.gguf"));
    ready(", models_dir: " + folder);
    assertThat(ids()).containsExactly("local", "builtin-2", "builtin");
  }

  @Test
  void isNotThereWhenSwitchedOff() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    assertThat(create(", builtin: false", Optional.of(home)))
        .isInstanceOfSatisfying(
            ProviderSetup.Absent.class,
            absent -> assertThat(absent.models()).containsExactly("local"));
    ready(", builtin: false, models_dir: " + models);
    assertThat(ids()).as("an ordinary file of the folder").containsExactly("local", "builtin-2");
    assertThat(whyNot("builtin")).contains("switched off", "providers.local.builtin");
  }

  @Test
  void isNotThereWithoutItsFile() {
    for (Optional<Path> installation : List.of(Optional.of(home), Optional.<Path>empty())) {
      assertThat(create("", installation))
          .isInstanceOfSatisfying(
              ProviderSetup.Absent.class,
              absent -> {
                assertThat(absent.models()).containsExactly("local", "builtin");
                assertThat(absent.reason()).contains("--model FILE.gguf", "models/builtin.gguf");
              });
    }
    TinyModel.chat(256).writeTo(models.resolve("own.gguf"));
    ready(", models_dir: " + models);
    assertThat(ids()).containsExactly("local", "own");
    assertThat(whyNot("builtin")).contains("no models/builtin.gguf");
  }

  @Test
  void aDamagedFileIsNoModelAndSaysWhy() throws Exception {
    Files.writeString(models.resolve("builtin.gguf"), "no model at all, only a line of text");
    ready("");
    assertThat(ids()).as("at once").isEmpty();
    assertThat(whyNot("builtin")).contains("builtin.gguf is not a GGUF file");
    assertThat(provider.model(BUILTIN)).isEmpty();
    assertThat(provider.health().status()).isEqualTo(Status.DEGRADED);
    assertThat(provider.health().detail()).contains("builtin.gguf is not a GGUF file");
    assertThat(telemetry.trail()).contains("model_file_problem");
    DemoModel.write(models.resolve("builtin.gguf"));
    assertThat(ask("builtin", "port")).as("mended").isEqualTo(DemoModel.ANSWER);
  }

  @Test
  void whatItCanDoIsKnownWheneverItIsListed() throws Exception {
    Path file = models.resolve("builtin.gguf");
    DemoModel.write(file);
    var listed = new CompletableFuture<Optional<ModelEntry>>();
    var made = new CompletableFuture<BuiltinModel>();
    var asker = new Thread(() -> listed.complete(made.join().listed()));
    made.complete(
        new BuiltinModel(
            file,
            ModelTemplates.OWN,
            () -> {
              while (!listed.isDone() && !isWaiting(asker)) {
                Thread.onSpinWait(); // until somebody asks
              }
              return ModelEntry.read("builtin", file, ModelTemplates.OWN);
            },
            telemetry.log("llm.gpu.models")));
    asker.start();
    assertThat(listed.get(60, TimeUnit.SECONDS).orElseThrow().header()).isPresent();
  }

  private static boolean isWaiting(Thread asker) {
    return asker.getState() == Thread.State.WAITING;
  }

  @Test
  void aFaultOfTheReadingIsAProblemOfTheFileAndNobodysFailure() throws Exception {
    Path file = models.resolve("builtin.gguf");
    DemoModel.write(file);
    var faults = new ArrayDeque<Throwable>();
    faults.add(new StackOverflowError("for a test"));
    faults.add(new IllegalStateException("for a test"));
    var model =
        new BuiltinModel(
            file,
            ModelTemplates.OWN,
            () -> {
              switch (faults.poll()) {
                case Error error -> throw error;
                case RuntimeException bug -> throw bug;
                case null, default -> {
                  return ModelEntry.read("builtin", file, ModelTemplates.OWN);
                }
              }
            },
            telemetry.log("llm.gpu.models"));
    assertThat(model.listed()).isEmpty();
    assertThat(model.entry().problem()).contains("builtin.gguf could not be read", "log");
    assertThat(telemetry.events("model_file_problem")).hasSize(1);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
    assertThat(model.listed()).as("looked at again, as it changed").isEmpty();
    assertThat(telemetry.events("model_file_problem")).hasSize(2);
    Files.setLastModifiedTime(file, FileTime.fromMillis(2000));
    assertThat(model.listed()).isPresent();
  }

  @Test
  void isNoModelWhereTheLibraryCannotBeUsed() throws Exception {
    TestFiles.library(); // the process has one, and takes no other
    DemoModel.write(models.resolve("builtin.gguf"));
    Path wrong = Files.createDirectory(home.resolve("lib"));
    Files.writeString(wrong.resolve("libllama.so"), "not a library");
    var section =
        TestConfig.yaml("providers: {local: {library_dir: " + wrong + "}}")
            .section("providers.local");
    var context =
        new ProviderContext(section, telemetry, alarms, IdSource.RANDOM, Optional.of(home));
    provider = ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
    assertThat(ids()).as("nobody has tried").containsExactly("builtin");
    assertThat(catchThrowableOfType(LlmException.class, () -> ask("builtin", "port")).error())
        .isInstanceOf(LlmError.ModelUnavailable.class);
    assertThat(ids()).isEmpty();
    assertThat(provider.model(BUILTIN)).isEmpty();
    assertThat(whyNot("builtin")).contains(wrong.toString());
    assertThat(provider.health().status()).isEqualTo(Status.DOWN);
  }

  @Test
  void comesAndGoesAsAnyModel() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    ready("");
    var memory = provider.memory().orElseThrow();
    assertThat(memory.residence(BUILTIN).orElseThrow().place()).isEqualTo(Place.UNLOADED); // seen
    assertThat(memory.standing().models()).singleElement().matches(one -> one.estimatedBytes() > 0);
    var call = Calls.open(alarms, Duration.ofSeconds(60));
    memory.load(BUILTIN, OptionalInt.empty()).await(call);
    assertThat(memory.residence(BUILTIN).orElseThrow().place()).isEqualTo(Place.LOADED);
    memory.unload(BUILTIN).await(call);
    assertThat(memory.residence(BUILTIN).orElseThrow().place()).isEqualTo(Place.UNLOADED);
    assertThat(ask("builtin", "port")).isEqualTo(DemoModel.ANSWER);
    assertThat(memory.residence(BUILTIN).orElseThrow().place()).isEqualTo(Place.LOADED);
  }

  @Test
  void isLoadedAheadOnlyWhereTheSettingsHaveThat() throws Exception {
    DemoModel.write(models.resolve("builtin.gguf"));
    ready(", warm: false");
    provider.memory().orElseThrow().warm(BUILTIN);
    assertThat(provider.memory().orElseThrow().residence(BUILTIN).orElseThrow().place())
        .isEqualTo(Place.UNLOADED);
    provider.close();

    ready("");
    var memory = provider.memory().orElseThrow();
    memory.warm(BUILTIN);
    var call = Calls.open(alarms, Duration.ofSeconds(60));
    memory.load(BUILTIN, OptionalInt.empty()).await(call); // the same load
    assertThat(telemetry.events("model_load_finish")).hasSize(1);
    assertThat(telemetry.events("native_log")).noneMatch(event -> event.level() == Level.WARN);
  }
}
