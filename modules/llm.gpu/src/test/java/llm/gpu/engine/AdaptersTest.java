package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.model.AdapterUse;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.engine.SteppedEngine.Voice;
import llm.gpu.testmodel.GgufWriter;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyLora;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: LoRA adapters by request")
class AdaptersTest {
  private static final String LONG = "a story about a very long prompt ".repeat(6);

  @TempDir Path folder;
  private Path model;
  private final List<AdapterFile> adapters = new ArrayList<>();

  @BeforeEach
  void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("base.gguf"));
    adapter("poet", TinyLora.of(5).bytes());
    adapter("cook", TinyLora.of(6).bytes());
  }

  private void adapter(String name, byte[] bytes) {
    Path file = folder.resolve(name + ".gguf");
    try {
      Files.write(file, bytes);
    } catch (java.io.IOException failure) {
      throw new AssertionError(failure);
    }
    adapters.add(new AdapterFile(name, file, 1));
  }

  private SteppedEngine engine(EngineSettings settings) {
    return new SteppedEngine(settings, _ -> adapters);
  }

  private static EngineSettings roomy() {
    return settings(new Slots(6, 2), 4096, new Prefixes(16, -1));
  }

  private static ChatRequest asked(String prompt, int tokens, AdapterUse... uses) {
    ChatRequest request = EngineFixture.request(prompt, tokens);
    var sampling = EngineFixture.GREEDY.toBuilder().topLogprobs(5).adapters(List.of(uses));
    return request.withSampling(sampling.build());
  }

  private static AdapterUse use(String name, double scale) {
    return new AdapterUse.Named(name, Optional.of(scale));
  }

  private Voice alone(ChatRequest request) throws Exception {
    try (var fresh = engine(settings(new Slots(1, 1), 4096, new Prefixes(0, 0)))) {
      fresh.ask("alone", model, request);
      return fresh.end("alone");
    }
  }

  @Test
  void anAdapterChangesTheAnswerAndNothingOfItChangesNothing() throws Exception {
    Voice base = alone(asked(LONG, 24));
    Voice poet = alone(asked(LONG, 24, use("poet", 1)));

    assertThat(poet.text()).isNotEqualTo(base.text());
    assertThat(alone(asked(LONG, 24, use("cook", 1))).text())
        .isNotEqualTo(base.text())
        .isNotEqualTo(poet.text());
    assertThat(alone(asked(LONG, 24, use("poet", 0))).tokens()).isEqualTo(base.tokens());
    assertThat(alone(asked(LONG, 24, use("poet", -1))).text()).isNotEqualTo(poet.text());
    assertThat(alone(asked(LONG, 24, use("poet", 1), use("cook", 1))).text())
        .isNotEqualTo(poet.text());
  }

  @Test
  void requestsWithDifferentAdaptersAtOnceAnswerEachAsAlone() throws Exception {
    List<ChatRequest> requests =
        List.of(
            asked(LONG, 30),
            asked(LONG, 30, use("poet", 1)),
            asked(LONG + "!", 40, use("poet", 1)),
            asked(LONG, 20, use("cook", .5)),
            asked("short", 30, use("cook", .5), use("poet", 1)));
    try (var together = engine(roomy())) {
      together.begin(
          model,
          () -> {
            for (int i = 0; i < requests.size(); i++) {
              together.ask("request " + i, model, requests.get(i));
            }
          });
      for (int i = 0; i < requests.size(); i++) {
        Alike.require(together.end("request " + i), alone(requests.get(i)));
      }
      List<Integer> poet = together.stepsOf("request 1");
      List<Integer> base = together.stepsOf("request 0");
      assertThat(poet).doesNotContainAnyElementsOf(base);
      assertThat(poet.getFirst()).as("they take turns").isLessThan(base.getLast());
      assertThat(base.getFirst()).isLessThan(poet.getLast());
    }
  }

  @Test
  void aPrefixIsSharedWithinASetOfAdaptersOnly() throws Exception {
    ChatRequest plain = asked(LONG, 4);
    ChatRequest poet = asked(LONG, 4, use("poet", 1));
    ChatRequest milder = asked(LONG, 4, use("poet", .5));
    try (var engine = engine(roomy())) {
      List<ChatRequest> order = List.of(plain, poet, milder, plain, poet, milder);
      for (int i = 0; i < order.size(); i++) {
        engine.ask("request " + i, model, order.get(i));
        Voice voice = engine.end("request " + i);
        int cached = i < 3 ? 0 : voice.promptTokens() - 1;
        assertThat(voice.cachedTokens()).as("request %d", i).isEqualTo(cached);
        Alike.require(voice, alone(order.get(i)));
      }
    }
  }

  @Test
  void aPrefixOnTheShelfIsOneOfItsAdaptersToo() throws Exception {
    var shelved = settings(new Slots(1, 1), 1024, new Prefixes(1, -1, 1 << 24));
    try (var engine = engine(shelved)) {
      List<ChatRequest> order =
          List.of(
              asked(LONG, 4, use("poet", 1)),
              asked(LONG, 4),
              asked(LONG, 4, use("cook", 1)),
              asked(LONG, 4, use("poet", 1)),
              asked(LONG, 4));
      for (int i = 0; i < order.size(); i++) {
        engine.ask("request " + i, model, order.get(i));
        Voice voice = engine.end("request " + i);
        assertThat(voice.cachedTokens() > 0).as("request %d", i).isEqualTo(i > 2);
        Alike.require(voice, alone(order.get(i)));
      }
    }
  }

  @Test
  void aPinnedPrefixIsOneOfItsAdapters() throws Exception {
    try (var engine = engine(roomy())) {
      engine.pin("warm", model, asked(LONG, 1, use("poet", 1)), Duration.ofHours(1));
      engine.end("warm");
      engine.ask("plain", model, asked(LONG, 2));
      engine.ask("poet", model, asked(LONG, 2, use("poet", 1)));

      assertThat(engine.end("plain").cachedTokens()).isZero();
      assertThat(engine.end("poet").cachedTokens()).isPositive();
    }
  }

  @Test
  void savedPrefixesComeBackForTheSameAdapterFileOnly() throws Exception {
    ChatRequest poet = asked(LONG, 2, use("poet", 1));
    var saving = EngineFixture.savingTo(folder.resolve("prefixes"), 1 << 24);
    assertThat(ask(saving, poet).cachedTokens()).isZero();
    Voice again = ask(saving, poet);
    assertThat(again.cachedTokens()).isEqualTo(again.promptTokens() - 1);
    assertThat(ask(saving, asked(LONG, 2)).cachedTokens()).isZero();

    TinyLora.of(9).writeTo(folder.resolve("poet.gguf"));
    Voice other = ask(saving, poet);
    assertThat(other.cachedTokens()).isZero();
    Alike.require(other, alone(poet));
  }

  private Voice ask(EngineSettings settings, ChatRequest request) throws Exception {
    try (var engine = engine(settings)) {
      engine.ask("one", model, request);
      return engine.end("one");
    }
  }

  @Test
  void aFileThatWasChangedIsLoadedAnew() throws Exception {
    ChatRequest poet = asked(LONG, 8, use("poet", 1));
    try (var engine = engine(roomy())) {
      engine.ask("before", model, poet);
      String before = engine.end("before").text();
      Path file = TinyLora.of(9).writeTo(folder.resolve("poet.gguf"));
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
      engine.ask("after", model, poet);

      assertThat(engine.end("after").text()).isNotEqualTo(before);
      Alike.require(engine.voice("after"), alone(poet));
    }
  }

  @Test
  void whatIsNoAdapterOfThisModelIsRefusedWithItsReasonAndTheModelServes() throws Exception {
    byte[] sound = TinyLora.of(5).bytes();
    adapter("cut", Arrays.copyOf(sound, sound.length - 100));
    adapter("model", TinyModel.plain(64).bytes());
    adapter("other", pair(TinyLora.header("gemma3"), "blk.0.attn_q.weight", 32, 4, 4, 32));
    adapter("layer", pair(TinyLora.header("llama"), "blk.7.attn_q.weight", 32, 4, 4, 32));
    adapter("wide", pair(TinyLora.header("llama"), "blk.0.attn_q.weight", 64, 4, 4, 64));
    adapter("ranks", pair(TinyLora.header("llama"), "blk.0.attn_q.weight", 32, 4, 5, 32));
    adapter("embedding", pair(TinyLora.header("llama"), "token_embd.weight", 5, 287, 4, 32));
    adapter("deep", deep());
    adapter(
        "half",
        TinyLora.header("llama")
            .tensor("blk.0.attn_q.weight.lora_a", new float[32], 32, 1)
            .bytes());
    adapter(
        "odd", TinyLora.header("llama").tensor("blk.0.attn_q.weight", new float[32], 32).bytes());
    adapter("empty", TinyLora.header("llama").bytes());
    adapter(
        "alpha",
        pair(header().number("adapter.lora.alpha", 8), "blk.0.attn_q.weight", 32, 4, 4, 32));
    adapter(
        "alora",
        pair(
            TinyLora.header("llama").numbers("adapter.alora.invocation_tokens", new int[] {1}),
            "blk.0.attn_q.weight",
            32,
            4,
            4,
            32));
    adapter(
        "number",
        pair(new GgufWriter().number("general.type", 1), "blk.0.attn_q.weight", 32, 4, 4, 32));
    adapters.add(new AdapterFile("absent", folder.resolve("absent.gguf"), 1));
    try (var engine = engine(roomy())) {
      for (AdapterFile one : adapters.subList(2, adapters.size())) {
        engine.ask(one.name(), model, asked("hello", 2, use(one.name(), 1)));
        assertThat(engine.end(one.name()).end())
            .as(one.name())
            .isInstanceOfSatisfying(
                StreamEvent.Failed.class,
                failed -> {
                  assertThat(failed.error()).isInstanceOf(LlmError.ModelUnavailable.class);
                  assertThat(failed.error().toString()).contains(one.name() + ".gguf");
                });
      }
      engine.ask("sound", model, asked("hello", 2, use("poet", 1)));
      assertThat(engine.end("sound").end()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void weightsThatAreNoNumbersEndTheirRequestOnly() throws Exception {
    float[] none = new float[32 * 4];
    Arrays.fill(none, Float.NaN);
    adapter(
        "nan",
        TinyLora.header("llama")
            .tensor("blk.0.attn_output.weight.lora_a", none, 32, 4)
            .tensor("blk.0.attn_output.weight.lora_b", none, 4, 32)
            .bytes());
    try (var engine = engine(roomy())) {
      engine.ask("nan", model, asked("hello", 2, use("nan", 1)));
      assertThat(engine.end("nan").end()).isInstanceOf(StreamEvent.Failed.class);
      engine.ask("largest", model, asked("hello", 2, use("poet", 16), use("cook", -16)));
      engine.end("largest");
      engine.ask("base", model, asked("hello", 2));
      Alike.require(engine.end("base"), alone(asked("hello", 2)));
    }
  }

  private static GgufWriter header() {
    return new GgufWriter()
        .text("general.architecture", "llama")
        .text("general.type", "adapter")
        .text("adapter.type", "lora");
  }

  private static byte[] pair(
      GgufWriter writer, String tensor, int width, int rank, int otherRank, int height) {
    return writer
        .tensor(tensor + ".lora_a", new float[width * rank], width, rank)
        .tensor(tensor + ".lora_b", new float[otherRank * height], otherRank, height)
        .bytes();
  }

  private static byte[] deep() {
    return TinyLora.header("llama")
        .tensor("blk.0.attn_q.weight.lora_a", new float[32 * 4 * 2], 32, 4, 2)
        .tensor("blk.0.attn_q.weight.lora_b", new float[4 * 32 * 2], 4, 32, 2)
        .bytes();
  }
}
