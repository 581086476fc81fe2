package llm.gpu.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import llm.domain.chat.StreamEvent;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.ModelName;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.testmodel.GgufDamage;
import llm.gpu.testmodel.TinyBert;
import llm.gpu.testmodel.TinyLora;
import llm.gpu.testmodel.TinyModel;

/**
 * Asks an engine for a few tokens of one damaged file after the other, in a process of its own:
 * llama.cpp may end it. Says the number of each file before it is tried, and how it went after.
 *
 * <p>Arguments: a folder, the seed, the first number, the number behind the last.
 */
final class DamagedFiles {
  /** What is damaged in turn. */
  private static final List<TinyModel> MODELS =
      List.of(
          TinyModel.chat(64),
          TinyModel.plain(64).withWindow(16),
          TinyModel.plain(64).withPooling(1));

  private DamagedFiles() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    Path file = folder.resolve("damaged.gguf");
    Path sound = TinyModel.plain(64).writeTo(folder.resolve("sound.gguf"));
    for (int i = Integer.parseInt(arguments[2]); i < Integer.parseInt(arguments[3]); i++) {
      System.out.println("case " + i);
      var random = new SplittableRandom(seed + i);
      byte[] bytes =
          switch (i % 5) {
            case 3 -> TinyLora.of(i).bytes();
            case 4 -> new TinyBert(64, -1).bytes();
            default -> MODELS.get(i % 5).bytes();
          };
      Files.write(file, new GgufDamage(bytes).damaged(random));
      String how =
          switch (i % 5) {
            case 3 -> adapter(sound, file);
            case 4 -> encoder(file);
            default -> model(file);
          };
      System.out.println("done " + i + " " + how);
      System.out.flush();
    }
    System.out.println("end");
    System.exit(0); // threads of a closed engine may still be freeing
  }

  private static String model(Path file) throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      return kind(EngineFixture.drain(fixture.submit(file, EngineFixture.request("hello", 4))));
    }
  }

  private static String encoder(Path file) {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var request = EmbeddingRequest.of(new ModelName("local"), "hello", "you");
      fixture.engine.embed(request, file, fixture.call("call"));
      return "answered";
    } catch (LlmException refused) {
      return "refused: " + refused.error();
    }
  }

  private static String adapter(Path model, Path file) throws Exception {
    AdapterSource adapters = _ -> List.of(new AdapterFile("a", file, 1));
    try (var fixture = new EngineFixture(EngineFixture.free(), adapters)) {
      List<AdapterUse> uses = List.of(new AdapterUse.Named("a", Optional.of(1.0)));
      var request = EngineFixture.request("hello", 4);
      var sampling = request.sampling().toBuilder().adapters(uses).build();
      return kind(EngineFixture.drain(fixture.submit(model, request.withSampling(sampling))));
    }
  }

  private static String kind(EngineFixture.Answer answer) {
    return answer.terminal() instanceof StreamEvent.Failed failed
        ? "refused: " + failed.error()
        : "answered";
  }
}
