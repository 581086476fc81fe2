package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.AdapterUse.Named;
import llm.domain.model.AdapterUse.Numbered;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyLora;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: LoRA adapters as callers of the provider see them")
class LocalAdaptersTest {
  @TempDir Path folder;
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private ChatProvider provider;

  @BeforeEach
  void begin() throws Exception {
    TestFiles.libraryFolder();
    Path models = Files.createDirectory(folder.resolve("models"));
    TinyModel.plain(256).writeTo(models.resolve("base.gguf"));
    TinyModel.plain(256).withSeed(3).writeTo(models.resolve("other.gguf"));
    TinyModel.plain(256).withSeed(4).writeTo(models.resolve("poet.gguf")); // the adapter's id
    TinyLora.of(5).writeTo(folder.resolve("poet.gguf"));
    TinyLora.of(6).writeTo(folder.resolve("cook.gguf"));
    Files.writeString(folder.resolve("text.gguf"), "no adapter");
    String lora =
        """
        {poet: {file: %1$s/poet.gguf, model: base}, cook: {file: %1$s/cook.gguf, model: base,
         scale: 0.5}, text: {file: %1$s/text.gguf, model: base}, orphan: {file: %1$s/cook.gguf,
         model: nobody}}\
        """
            .formatted(folder);
    var config =
        TestConfig.yaml(
            "providers: {local: {builtin: false, threads: 1, models_dir: "
                + models
                + ", lora: "
                + lora
                + "}}");
    var context =
        new ProviderContext(
            config.section("providers.local"),
            new RecordingTelemetry(),
            alarms,
            IdSource.RANDOM,
            Optional.of(TestFiles.root()));
    provider = ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
    assertThat(config.problems()).isEmpty();
  }

  @AfterEach
  void close() {
    if (provider != null) {
      provider.close();
    }
    alarms.close();
  }

  private static ChatRequest ask(String model, AdapterUse... uses) {
    var sampling =
        SamplingOptions.builder().temperature(new Temperature(0)).adapters(List.of(uses)).build();
    return ChatRequest.of(new ModelName(model), List.of(Message.user("tell me a story")))
        .withSampling(sampling)
        .withMaxTokens(24);
  }

  private String said(ChatRequest request) throws LlmException {
    return provider.complete(request, Calls.open(alarms, Duration.ofSeconds(60))).text();
  }

  @Test
  void adaptersAreListedAsModelsWithTheirParents() {
    List<ModelInfo> models = provider.models();

    assertThat(models)
        .extracting(ModelInfo::id)
        .containsExactly("local", "base", "other", "poet-2", "poet", "cook");
    assertThat(models.stream().filter(one -> one.parent().isPresent()))
        .allSatisfy(adapter -> assertThat(adapter.parent()).contains("base"))
        .extracting(ModelInfo::id)
        .containsExactly("poet", "cook");
    assertThat(provider.model(new ModelName("cook")).orElseThrow().spec())
        .isEqualTo(provider.model(new ModelName("base")).orElseThrow().spec());
    assertThat(provider.takesAdapters(new ModelName("base"))).isTrue();
    assertThat(provider.embeddings(new ModelName("poet"))).isEmpty();
  }

  @Test
  void anAdapterIsAskedAsAModelByItsNameOrByItsNumber() throws Exception {
    String poet = said(ask("poet"));

    assertThat(said(ask("base"))).isNotEqualTo(poet);
    assertThat(said(ask("base", new Named("poet", Optional.empty())))).isEqualTo(poet);
    assertThat(said(ask("base", new Numbered(0, Optional.of(1.0))))).isEqualTo(poet);
    assertThat(said(ask("poet", new Numbered(0, Optional.of(0.0))))).isEqualTo(said(ask("base")));
    assertThat(said(ask("cook"))).isEqualTo(said(ask("base", new Numbered(1, Optional.of(.5)))));
    assertThat(said(ask("poet", new Named("cook", Optional.empty()))))
        .isEqualTo(
            said(
                ask(
                    "base",
                    new Named("cook", Optional.of(.5)),
                    new Named("poet", Optional.of(1.0)))));
  }

  @Test
  void whatIsNoAdapterOfTheModelIsRefusedAtItsPlaceWithWhatThereIs() {
    Map.of(
            ask("base", new Named("cook", Optional.empty()), new Named("nobody", Optional.empty())),
            "lora[1].name",
            ask("base", new Numbered(3, Optional.empty())),
            "lora[0].id",
            ask("base", new Numbered(0, Optional.empty()), new Named("poet", Optional.empty())),
            "lora[1].name",
            ask("other", new Named("poet", Optional.empty())),
            "lora[0].name")
        .forEach((request, path) ->
            assertThatThrownBy(() -> said(request))
                .isInstanceOfSatisfying(
                    LlmException.class,
                    refused ->
                        assertThat(refused.error())
                            .isInstanceOfSatisfying(
                                LlmError.InvalidRequest.class,
                                error -> assertThat(error.path()).contains(path))));
    assertThatThrownBy(() -> said(ask("base", new Named("nobody", Optional.empty()))))
        .hasMessageContaining("it has poet, cook, text");
    assertThatThrownBy(() -> said(ask("other", new Named("poet", Optional.empty()))))
        .hasMessageContaining("it has none");
  }

  @Test
  void aBrokenFileAndAMissingModelAreSaidAndTheOthersServe() throws Exception {
    for (AdapterUse text :
        List.of(new Named("text", Optional.empty()), new Numbered(2, Optional.empty()))) {
      assertThatThrownBy(() -> said(ask("base", text))).hasMessageContaining("not a GGUF file");
    }
    assertThatThrownBy(() -> said(ask("text"))).hasMessageContaining("not a GGUF file");
    assertThatThrownBy(() -> said(ask("orphan"))).hasMessageContaining("'nobody' is not there");
    assertThat(said(ask("poet"))).isNotEmpty();
  }
}
