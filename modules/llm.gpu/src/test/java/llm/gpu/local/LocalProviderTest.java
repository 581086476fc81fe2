package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderFactory;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.Continuation;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.Nuance;
import llm.domain.port.ProviderHealth;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyBert;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** P-1, P-3, T-11: the provider {@code local} as the gateway sees it. */
@Timeout(120)
class LocalProviderTest {
  @TempDir Path folder;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private ChatProvider provider;

  @AfterEach
  void close() {
    if (provider != null) {
      provider.close();
    }
    alarms.close();
  }

  @Test
  void theModuleProvidesTheFactory() {
    assertThat(LocalProviderFactory.class.getModule().getDescriptor().provides())
        .anySatisfy(provided -> {
          assertThat(provided.service()).isEqualTo(ProviderFactory.class.getName());
          assertThat(provided.providers()).contains(LocalProviderFactory.class.getName());
        });
  }

  @Test
  void withoutALibraryItIsAbsentWithTheRemedy() {
    assertThat(create("{model: x.gguf, library_dir: " + folder + "}", Map.of()))
        .isInstanceOfSatisfying(
            ProviderSetup.Absent.class,
            absent -> {
              assertThat(absent.models()).containsExactly("local");
              assertThat(absent.reason()).contains("no libllama in " + folder);
            });
    assertThat(
            new LocalProviderFactory()
                .create(context(section("{model: x.gguf}", Map.of()), Optional.of(folder))))
        .isInstanceOfSatisfying(
            ProviderSetup.Absent.class,
            absent -> assertThat(absent.reason()).contains("tools/native"));
  }

  @Test
  void withoutAModelItIsAbsentWithTheRemedy() {
    TestFiles.libraryFolder();
    assertThat(create("{}", Map.of()))
        .isInstanceOfSatisfying(
            ProviderSetup.Absent.class,
            absent -> assertThat(absent.reason()).contains("--model FILE.gguf", "MODELS_DIR"));
  }

  @Test
  void theEnvironmentNamesFolders() throws Exception {
    TinyModel.plain(64).writeTo(folder.resolve("one.gguf"));
    ready("{}", Map.of("MODELS_DIR", folder.toString()));

    assertThat(ids()).containsExactly("local", "one");
    assertThat(create("{model: x.gguf}", Map.of("LLAMA_LIB_DIR", folder.toString(), "X", "y")))
        .isInstanceOf(ProviderSetup.Absent.class);
  }

  @Test
  void countsAPromptAsItReadsIt() throws Exception {
    TinyModel.chat(256).writeTo(folder.resolve("chat.gguf"));
    ready("{models_dir: " + folder + ", threads: 1}", Map.of());
    for (String text : List.of("hello", "a b c <|im_end|> d", "")) {
      ChatRequest request = request("chat", text).withMaxTokens(1);
      int read = provider.complete(request, call()).usage().promptTokens();
      assertThat(provider.countPrompt(request, call())).as(text).hasValue(read);
    }
    assertThat(
            catchThrowableOfType(
                    LlmException.class,
                    () -> provider.countPrompt(request("chat", "word ".repeat(400)), call()))
                .error())
        .isInstanceOf(LlmError.ContextLengthExceeded.class);
  }

  @Test
  void anEncoderMakesVectorsAndRefusesToChat() throws Exception {
    new TinyBert(64, 1).writeTo(folder.resolve("bert.gguf"));
    TinyModel.chat(256).writeTo(folder.resolve("chat.gguf"));
    ready("{models_dir: " + folder + ", threads: 1}", Map.of());
    assertThat(ids()).contains("bert", "chat");
    for (String model : List.of("bert", "chat")) {
      var request = EmbeddingRequest.of(new ModelName(model), "abc", "de");
      var maker = provider.embeddings(request.model()).orElseThrow();
      assertThat(maker.embed(request, call()).vectors()).as(model).hasSize(2);
    }
    assertThat(
            catchThrowableOfType(
                    LlmException.class, () -> provider.complete(request("bert", "hello"), call()))
                .error())
        .isInstanceOfSatisfying(
            LlmError.Unsupported.class,
            error -> {
              assertThat(error.path()).isEqualTo("model");
              assertThat(error.message())
                  .contains("Model 'bert' makes embeddings only", "POST /v1/embeddings");
            });
    assertThat(provider.health().status()).isEqualTo(ProviderHealth.Status.UP);
  }

  @Test
  void aModelThatRanksMakesVectorsOnlyWhereTheSettingsSayHow() throws Exception {
    Path file = new TinyBert(64, 4).writeTo(folder.resolve("ranks.gguf"));
    var model = new ModelName("local");
    ready("{model: " + file + ", threads: 1}", Map.of());
    assertThat(provider.embeddings(model)).isEmpty();
    assertThat(provider.embeddings(new ModelName("nobody"))).isEmpty();
    provider.close();
    ready("{model: " + file + ", threads: 1, embedding_pooling: cls}", Map.of());
    var request = EmbeddingRequest.of(model, "abc");
    assertThat(provider.embeddings(model).orElseThrow().embed(request, call()).dimensions())
        .isEqualTo(TinyBert.WIDTH);
  }

  @Test
  void aHandshakeHasTheModelInMemory() throws Exception {
    TinyModel.chat(256).writeTo(folder.resolve("one.gguf"));
    TinyModel.chat(256).writeTo(folder.resolve("two.gguf"));
    Files.writeString(folder.resolve("broken.gguf"), "no model");
    ready("{models_dir: " + folder + ", threads: 1}", Map.of());
    assertThat(provider.health().detail()).contains("no model loaded");
    var warmer = provider.connection(new ModelName("two")).orElseThrow();
    assertThat(warmer.ping(call())).isEmpty();
    assertThat(provider.health().detail()).contains("model two.gguf").doesNotContain("one.gguf");
    assertThat(provider.connection()).as("it stays there by itself").isEmpty();
    assertThat(provider.connection(new ModelName("nobody"))).isEmpty();
  }

  @Test
  void theConfiguredFileIsListedAndAnswersUnderLocal() throws Exception {
    Path file = TinyModel.chat(256).writeTo(folder.resolve("tiny.gguf"));
    ready("{model: " + file + ", threads: 1}", Map.of());
    ModelInfo info = provider.models().getFirst();

    assertThat(info.id()).isEqualTo("local");
    assertThat(info.provider()).isEqualTo("local");
    assertThat(info.spec().orElseThrow().contextTokens()).isEqualTo(256);
    assertThat(info.spec().orElseThrow().tools()).isFalse();
    assertThat(info.description()).startsWith("tiny (llama, 0.1 MB");
    ChatResult result = provider.complete(request("local", "hello").withMaxTokens(5), call());
    assertThat(result.model()).isEqualTo("local");
    assertThat(result.usage().completionTokens()).isEqualTo(5);
    assertThat(provider.health().status()).isEqualTo(ProviderHealth.Status.UP);
    assertThat(provider.health().detail())
        .contains("llama.cpp 0.5.0", "model tiny.gguf", "0 waiting");
  }

  @Test
  void eachFileOfTheFolderIsAModelAndLocalNeedsAChoice() throws Exception {
    TinyModel.plain(64).writeTo(folder.resolve("b model!.gguf"));
    TinyModel.plain(64).writeTo(folder.resolve("b model?.gguf"));
    TinyModel.plain(64).writeTo(folder.resolve("local.gguf"));
    Files.writeString(folder.resolve("broken.gguf"), "this is no model, only some text");
    ready("{models_dir: " + folder + "}", Map.of());

    assertThat(ids()).containsExactly("local", "b-model-", "b-model--2", "local-2");
    assertUnavailable("local", "There are 3 models in models_dir");
    assertUnavailable("broken", "broken.gguf is not a GGUF file");
    assertThat(error("../../etc/passwd")).isInstanceOf(LlmError.ModelNotFound.class);
    assertThat(error("absent")).isInstanceOf(LlmError.ModelNotFound.class);
    provider.validateModel(new ModelName("b-model-"));
    assertThat(provider.complete(request("b-model--2", "a").withMaxTokens(2), call()).model())
        .isEqualTo("b-model--2");
  }

  @Test
  void filesThatComeAndGoAreNoticed() throws Exception {
    ready("{models_dir: " + folder + "}", Map.of());
    assertUnavailable("local", "no usable GGUF file");
    Path file = TinyModel.plain(64).writeTo(folder.resolve("late.gguf"));

    provider.validateModel(new ModelName("late"));
    Files.writeString(file, "overwritten with something that is no model");
    assertUnavailable("late", "is not a GGUF file");
    TinyModel.plain(128).writeTo(file);
    provider.validateModel(new ModelName("late"));
  }

  @Test
  void aLinkThatLeadsOutOfTheFolderIsLeftOut() throws IOException {
    Path inside = Files.createDirectory(folder.resolve("models"));
    Path outside = TinyModel.plain(64).writeTo(folder.resolve("secret.gguf"));
    Files.createSymbolicLink(inside.resolve("link.gguf"), outside);
    TinyModel.plain(64).writeTo(inside.resolve("own.gguf"));
    ready("{models_dir: " + inside + "}", Map.of());

    assertThat(ids()).containsExactly("local", "own");
    assertThat(telemetry.trail()).contains("model_link_leads_out");
  }

  @Test
  void aConfiguredFileThatIsNotThereIsListedWithItsProblem() throws Exception {
    Path file = folder.resolve("later.gguf");
    ready("{model: " + file + ", warm: false}", Map.of());

    assertThat(provider.models().getFirst().spec()).isEmpty();
    assertUnavailable("local", "later.gguf does not exist");
    TinyModel.plain(64).writeTo(file);
    assertThat(provider.complete(request("local", "a").withMaxTokens(2), call()).text())
        .isNotEmpty();
  }

  @Test
  void toolsAndWhatTemplatesCannotSayAreRefused() throws Exception {
    Path file = TinyModel.chat(64).writeTo(folder.resolve("tiny.gguf"));
    ready("{model: " + file + "}", Map.of());
    var tool = new ToolDefinition("look", Optional.empty(), JsonText.EMPTY_OBJECT);
    ChatRequest plain = request("local", "a");

    assertUnsupported(with(plain, tool, new ToolChoice.Auto()), "tools");
    assertThat(
            provider
                .complete(with(plain, tool, new ToolChoice.None()).withMaxTokens(1), call())
                .usage()
                .completionTokens())
        .isEqualTo(1);
    assertUnsupported(
        plain.withMessages(_ -> List.of(Message.user("a"), Message.tool("id", "b"))),
        "messages[1]");
    var toolCall = new ToolCall("id", "look", JsonText.EMPTY_OBJECT);
    assertUnsupported(
        plain.withMessages(_ -> List.of(Message.assistant("", List.of(toolCall)))), "messages[0]");
    assertThatThrownBy(() -> provider.stream(request("local", "a\0b"), call()))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> assertThat(refused.error()).isInstanceOf(LlmError.InvalidRequest.class));
  }

  @Test
  void takesAPredictionWhereAnythingIsDrafted() throws Exception {
    Path file = TinyModel.plain(64).writeTo(folder.resolve("p.gguf"));
    ready("{model: " + file + ", threads: 1}", Map.of());
    var name = new ModelName("local");
    assertThat(provider.leavesOut(name)).doesNotContain(Nuance.PREDICTION);
    assertThat(provider.complete(predicting("b"), call()).usage().completionTokens()).isEqualTo(3);
    assertThatThrownBy(() -> provider.stream(predicting("a\\u0000b"), call()))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isEqualTo(
                        LlmError.InvalidRequest.at(
                            "prediction.content",
                            "The text holds the character U+0000; remove it.")));
    provider.close();

    ready("{model: " + file + ", threads: 1, speculation: off}", Map.of());
    assertThat(provider.leavesOut(name)).contains(Nuance.PREDICTION);
  }

  private static ChatRequest predicting(String text) {
    var field = new JsonText("{\"type\":\"content\",\"content\":\"" + text + "\"}");
    return request("local", "a")
        .withMaxTokens(3)
        .withExtensions(Extensions.of(Dialect.OPENAI_CHAT, Map.of("prediction", field)));
  }

  @Test
  void offersToolsWhereTheTemplateSaysHow() throws Exception {
    Path file = TinyModel.chat(512).withTemplate(TOOL_TEMPLATE).writeTo(folder.resolve("t.gguf"));
    ready("{model: " + file + ", threads: 1}", Map.of());
    var plain = request("local", "a").withMaxTokens(1);
    var tool = new ToolDefinition("look", Optional.empty(), JsonText.EMPTY_OBJECT);
    var call = new ToolCall("id", "look", JsonText.EMPTY_OBJECT);

    assertThat(provider.models().getFirst().spec().orElseThrow().tools()).isTrue();
    int without = provider.complete(plain, call()).usage().promptTokens();
    assertThat(
            provider
                .complete(with(plain, tool, new ToolChoice.Auto()).withMaxTokens(1), call())
                .usage()
                .promptTokens())
        .isGreaterThan(without);
    var results =
        plain.withMessages(all ->
            List.of(all.getFirst(), Message.assistant("", List.of(call)), Message.tool("id", "b")));
    assertThat(provider.complete(results, call()).usage().promptTokens()).isGreaterThan(without);
  }

  @Test
  void goesOnExactlyFromTheTextOfAnAnswerThatBrokeOff() throws Exception {
    Path template = Files.writeString(folder.resolve("chat.jinja"), TinyModel.CHATML);
    ready(
        "{model: " + TestFiles.stories() + ", threads: 1, chat_template_file: " + template + "}",
        Map.of());
    ChatRequest asked =
        request("local", "Tell")
            .withSampling(SamplingOptions.DEFAULTS.withTemperature(new Temperature(0)))
            .withMaxTokens(60);
    String whole = provider.complete(asked, call()).text();

    assertThat(provider.continuation(asked)).isEqualTo(Continuation.PREFILLED);
    for (int end = whole.indexOf(' ', 1); end >= 0; end = whole.indexOf(' ', end + 15)) {
      String given = whole.substring(0, end);
      var rest = asked.withMessages(all -> List.of(all.getFirst(), Message.assistant(given)));
      ChatResult result =
          provider.complete(rest.withForm(rest.form().continuing()).withMaxTokens(20), call());
      String both = given + result.text();
      assertThat(both).startsWith(whole.substring(0, Math.min(whole.length(), both.length())));
      assertThat(result.text()).startsWith(" ");
    }
  }

  @Test
  void goesOnWithNothingWhereNoTemplateSaysHow() throws Exception {
    TinyModel.plain(64).writeTo(folder.resolve("plain.gguf"));
    TinyModel.chat(64)
        .withTemplate("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}")
        .writeTo(folder.resolve("deaf.gguf"));
    ready("{models_dir: " + folder + "}", Map.of());

    assertThat(provider.continuation(request("plain", "a"))).isEqualTo(Continuation.NEVER);
    assertThat(provider.continuation(request("deaf", "a"))).isEqualTo(Continuation.IF_ALLOWED);
    assertThat(provider.continuation(request("absent", "a"))).isEqualTo(Continuation.NEVER);
  }

  private static final String TOOL_TEMPLATE =
      "{% for t in tools or [] %}<tool>{{ t | tojson }}</tool>{% endfor %}{% for m in messages %}"
          + "{{ m.role }}: {{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>"
          + "{{ c.function.arguments }} {{ c.function.name }}</tool_call>{% endfor %}{% endfor %}";

  private static ChatRequest with(ChatRequest plain, ToolDefinition tool, ToolChoice choice) {
    return new ChatRequest(
        plain.model(),
        plain.messages(),
        List.of(tool),
        choice,
        plain.sampling(),
        plain.maxTokens(),
        Extensions.NONE);
  }

  private static ChatRequest request(String model, String text) {
    return ChatRequest.of(new ModelName(model), List.of(Message.user(text)));
  }

  private llm.domain.call.Call call() {
    return Calls.open(alarms, Duration.ofSeconds(60));
  }

  private List<String> ids() {
    return provider.models().stream().map(ModelInfo::id).toList();
  }

  private LlmError error(String model) {
    try {
      provider.validateModel(new ModelName(model));
      throw new AssertionError(model + " is valid");
    } catch (LlmException refused) {
      return refused.error();
    }
  }

  private void assertUnavailable(String model, String message) {
    assertThat(error(model))
        .isInstanceOfSatisfying(
            LlmError.ModelUnavailable.class,
            unavailable -> assertThat(unavailable.message()).contains(message));
    assertThatThrownBy(() -> provider.stream(request(model, "a"), call()))
        .isInstanceOf(LlmException.class);
  }

  private void assertUnsupported(ChatRequest request, String path) {
    assertThatThrownBy(() -> provider.stream(request, call()))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo(path)));
  }

  private void ready(String settings, Map<String, String> environment) {
    TestFiles.libraryFolder();
    provider = ((ProviderSetup.Ready) create(settings, environment)).provider();
  }

  private ProviderSetup create(String settings, Map<String, String> environment) {
    return new LocalProviderFactory()
        .create(context(section(settings, environment), Optional.of(TestFiles.root())));
  }

  private static TestConfig section(String settings, Map<String, String> environment) {
    String own =
        settings.replaceFirst("\\{", "{builtin: false, "); // whatever lies in this repository
    return TestConfig.yaml("providers: {local: " + own + "}", environment);
  }

  private ProviderContext context(TestConfig config, Optional<Path> home) {
    return new ProviderContext(
        config.section("providers.local"), telemetry, alarms, IdSource.RANDOM, home);
  }
}
