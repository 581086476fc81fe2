package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.gpu.draft.Speculation;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests in one batch answer as they do alone, as far as llama.cpp itself does ({@link Alike};
 * {@code tools/bench/local} shows it with a plain C loop).
 */
@Timeout(300)
@DisplayName("P-1: requests computed together answer as they do alone")
class TogetherTest {
  private static final long SEED = 20_261_121;

  @TempDir static Path folder;

  @BeforeAll
  static void library() {
    TestFiles.library();
  }

  @Test
  void ofTheRealModelWithArrivalsLengthsSeedsAndCancelsAtRandom() throws Exception {
    compare(TestFiles.stories(), EngineFixture.together(8), 32);
  }

  @Test
  void ofARandomModelInAPoolThatIsTooSmallForThem() throws Exception {
    Path model = TinyModel.chat(512).writeTo(folder.resolve("small-pool.gguf"));
    compare(model, EngineFixture.inPool(8, 700), 24);
  }

  @Test
  void ofTheRealModelWithDrafts() throws Exception {
    compare(TestFiles.stories(), drafting(EngineFixture.together(8)), 16);
  }

  @Test
  void ofARandomModelWithDraftsInAPoolThatIsTooSmallForThem() throws Exception {
    Path model = TinyModel.chat(512).writeTo(folder.resolve("small-pool-drafts.gguf"));
    compare(model, drafting(EngineFixture.inPool(8, 700)), 16);
  }

  private static EngineSettings drafting(EngineSettings settings) {
    return settings.withSpeculation(new Speculation(Speculation.Mode.ALWAYS, 12));
  }

  private static void compare(Path model, EngineSettings settings, int clients) throws Exception {
    var random = new SplittableRandom(SEED);
    List<Client> all = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      all.add(Client.any(random, i));
    }
    List<Heard> together;
    try (var fixture = new EngineFixture(settings);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Heard>> futures = new ArrayList<>();
      for (Client client : all) {
        Callable<Heard> run = () -> client.run(fixture, model);
        futures.add(threads.submit(run));
      }
      together = new ArrayList<>();
      for (Future<Heard> future : futures) {
        together.add(future.get());
      }
      awaitIdle(fixture);
    }
    int same = 0;
    for (int i = 0; i < clients; i++) {
      try (var fixture = new EngineFixture(EngineFixture.free())) {
        Heard alone = all.get(i).run(fixture, model);
        same += requireAlike(together.get(i), alone, all.get(i)) ? 1 : 0;
      }
    }
    assertThat(same).as("texts that are wholly the same, seed %d", SEED).isGreaterThan(clients / 2);
  }

  /** The last stream's end is told before its slot is free. */
  private static void awaitIdle(EngineFixture fixture) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (fixture.engine.status().inWork() > 0) {
      assertThat(System.nanoTime()).as("in work, seed %d", SEED).isLessThan(until);
      Thread.onSpinWait();
    }
  }

  /** Whether they are the same; fails when they part where the probabilities are not. */
  private static boolean requireAlike(Heard together, Heard alone, Client client) {
    int length = Math.min(together.tokens().size(), alone.tokens().size());
    assertThat(length).as("%s", client).isPositive();
    if (!Alike.sameTokens(together.tokens(), alone.tokens(), client)) {
      return false;
    }
    if (client.cancelAfter() == Integer.MAX_VALUE) {
      assertThat(together.text()).as("%s", client).isEqualTo(alone.text());
      assertThat(together.end().getClass()).isEqualTo(alone.end().getClass());
      assertThat(together.end().usage().completionTokens())
          .isEqualTo(alone.end().usage().completionTokens());
    }
    return true;
  }

  private record Heard(String text, List<TokenLogprob> tokens, StreamEvent.Terminal end) {}

  /** A request, when it comes and when its client leaves. */
  private record Client(int number, ChatRequest request, int delayMillis, int cancelAfter) {
    static Client any(SplittableRandom random, int number) {
      String[] beginnings = {"Once upon a time", "Lily and Tom", "The big dog", "One day, a girl"};
      String text = beginnings[random.nextInt(4)] + " and".repeat(random.nextInt(60));
      var sampling =
          SamplingOptions.builder()
              .temperature(new Temperature(random.nextInt(3) * .5))
              .topK(random.nextInt(2) * 40)
              .seed(random.nextInt(1000))
              .frequencyPenalty(random.nextInt(2) * .5)
              .repeatPenalty(1 + random.nextInt(2) * .1)
              .topLogprobs(5)
              .build();
      var request =
          ChatRequest.of(new ModelName("local"), List.of(Message.user(text)))
              .withSampling(sampling)
              .withMaxTokens(1 + random.nextInt(120));
      boolean leaves = random.nextInt(5) == 0;
      return new Client(
          number, request, random.nextInt(60), leaves ? 1 + random.nextInt(10) : Integer.MAX_VALUE);
    }

    Heard run(EngineFixture fixture, Path model) throws Exception {
      CallScope call = Calls.open("call-" + number, fixture.alarms, Duration.ofSeconds(250));
      fixture.await(delayMillis);
      EventStream<StreamEvent> stream = fixture.engine.submit(request, model, call);
      var text = new StringBuilder();
      List<TokenLogprob> tokens = new ArrayList<>();
      while (true) {
        switch (stream.next()) {
          case StreamEvent.TextDelta(String more, List<TokenLogprob> logprobs) -> {
            text.append(more);
            tokens.addAll(logprobs);
            if (tokens.size() >= cancelAfter) {
              call.cancel(CancelReason.CLIENT_GONE);
            }
          }
          case StreamEvent.Terminal end -> {
            return new Heard(text.toString(), tokens, end);
          }
          case StreamEvent _ -> {}
        }
      }
    }
  }
}
