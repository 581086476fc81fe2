package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.llama.Model;
import llm.gpu.llama.Vocabulary.Reading;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** P-1, P-2: generation in this process. */
@Timeout(120)
class EngineTest {
  private static final int CONTEXT = 1024;

  @TempDir static Path folder;
  private static Path tiny;

  @BeforeAll
  static void write() {
    TestFiles.library();
    tiny = TinyModel.chat(CONTEXT).writeTo(folder.resolve("tiny.gguf"));
  }

  @Test
  void aRealModelGoesOnWithAStory() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      Answer answer = drain(fixture.submit(TestFiles.stories(), request("Once upon a time", 30)));

      assertThat(answer.text()).startsWith(", there was a little girl named");
      assertThat(answer.terminal())
          .isEqualTo(new StreamEvent.Done(FinishReason.LENGTH, Usage.of(5, 30)));
      assertThat(fixture.telemetry.trail()).contains("model_without_chat_template");
    }
  }

  @Test
  void theSameSeedGivesTheSameTextAndAnotherSeedAnother() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      String first = seeded(fixture, 7);

      assertThat(seeded(fixture, 7)).isEqualTo(first);
      assertThat(seeded(fixture, 8)).isNotEqualTo(first);
      assertThat(seeded(fixture, -1)).isEqualTo(seeded(fixture, -1));
    }
  }

  private static String seeded(EngineFixture fixture, long seed) throws LlmException {
    var sampling =
        SamplingOptions.builder()
            .temperature(new Temperature(1))
            .topP(.95)
            .topK(0)
            .minP(.01)
            .seed(seed)
            .build();
    return drain(fixture.submit(tiny, request("hello", 40).withSampling(sampling))).text();
  }

  @Test
  void usageIsWhatTheTokenizerCounts() throws Exception {
    String prompt = "<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\n"; // chatml
    int counted;
    try (Model model = Model.loadVocabulary(TestFiles.library(), tiny)) {
      counted = model.vocabulary().tokenizePrompt(prompt, Reading.WITH_SPECIAL_TOKENS).length;
    }
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      Answer answer = drain(fixture.submit(tiny, request("hello there", 17)));

      assertThat(answer.terminal().usage()).isEqualTo(Usage.of(counted, 17));
      assertThat(fixture.telemetry.metrics().prometheusText())
          .contains("llm_local_tokens_total{kind=\"prompt\"} " + counted)
          .contains("llm_local_tokens_total{kind=\"completion\"} 17")
          .contains("llm_local_model_loads_total{status=\"ok\"} 1")
          .contains("llm_local_queue_depth 0");
    }
  }

  @Test
  void everyPieceOfNonsenseIsWholeCharacters() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var sampling =
          SamplingOptions.builder()
              .temperature(new Temperature(2))
              .topP(1)
              .topK(0)
              .minP(0)
              .seed(3)
              .build();
      var stream = fixture.submit(tiny, request("a", 400).withSampling(sampling));
      for (StreamEvent event = stream.next();
          !(event instanceof StreamEvent.Terminal);
          event = stream.next()) {
        if (event instanceof StreamEvent.TextDelta delta) {
          assertThat(delta.text()).isNotEmpty();
          assertThat(
                  new String(
                      delta.text().getBytes(java.nio.charset.StandardCharsets.UTF_8),
                      java.nio.charset.StandardCharsets.UTF_8))
              .isEqualTo(delta.text());
        }
      }
    }
  }

  @Test
  void aStopStringEndsTheAnswerAndIsNotPartOfIt() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      ChatRequest asked = request("Once upon a time", 60);
      String whole = drain(fixture.submit(TestFiles.stories(), asked)).text();
      String stop = "named";
      var stopping = EngineFixture.GREEDY.toBuilder().stop(List.of("never there", stop)).build();
      Answer answer = drain(fixture.submit(TestFiles.stories(), asked.withSampling(stopping)));

      assertThat(answer.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
      assertThat(answer.terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Done.class,
              done -> assertThat(done.finishReason()).isEqualTo(FinishReason.STOP));
    }
  }

  @Test
  void theContextsEndEndsTheAnswerAsCut() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var noLimit = ChatRequest.of(request("a", 1).model(), List.of(Message.user("a")));
      Answer answer = drain(fixture.submit(tiny, noLimit.withSampling(EngineFixture.GREEDY)));

      assertThat(answer.terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Done.class,
              done -> {
                assertThat(done.finishReason()).isEqualTo(FinishReason.LENGTH);
                assertThat(done.usage().totalTokens()).isEqualTo(CONTEXT);
              });
    }
  }

  @Test
  void aPromptThatDoesNotFitIsRefusedWithTheNumbersBeforeAnythingStarts() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      StreamEvent first = fixture.submit(tiny, request("a".repeat(2000), 1)).next();

      assertThat(first)
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error())
                      .isInstanceOfSatisfying(
                          LlmError.ContextLengthExceeded.class,
                          error -> {
                            assertThat(error.contextTokens()).isEqualTo(CONTEXT);
                            assertThat(error.promptTokens()).isGreaterThan(2000);
                          }));
    }
  }

  @Test
  void aLongTextIsReadAsideWhileAnAnswerGoesOn() throws Exception {
    Path large = TinyModel.plain(60_000).writeTo(folder.resolve("large.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.together(2))) {
      var streaming = fixture.submit(large, request("a", 400));
      streaming.next();
      var small = fixture.submit(large, request("b".repeat(20_000), 3));
      var tooLong = fixture.submit(large, request("c".repeat(3_000_000), 3));
      var cancelled = fixture.call("left");
      var left = fixture.engine.submit(request("d".repeat(3_000_000), 3), large, cancelled);
      cancelled.cancel(CancelReason.CLIENT_GONE);

      assertThat(drain(left).terminal())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.CLIENT_GONE, Usage.NONE));
      assertThat(drain(tooLong).terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error()).isInstanceOf(LlmError.ContextLengthExceeded.class));
      assertThat(drain(small).terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class, // 20,000 tokens in a window of 8,192
              failed ->
                  assertThat(failed.error()).isInstanceOf(LlmError.ContextLengthExceeded.class));
      assertThat(drain(streaming).terminal()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void aPromptReadAsideIsAnsweredLikeAnyOther() throws Exception {
    Path large = TinyModel.plain(60_000).writeTo(folder.resolve("large.gguf"));
    var wide = EngineFixture.withWindow(9_000);
    try (var fixture = new EngineFixture(wide)) {
      Answer answer = drain(fixture.submit(large, request("b".repeat(8_300), 3)));

      assertThat(answer.terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Done.class,
              done -> assertThat(done.usage().promptTokens()).isGreaterThan(8_300));
    }
  }

  @Test
  void anUnknownTemplateIsRefusedByName() throws Exception {
    Path strange =
        TinyModel.plain(64).withTemplate("{{ odd }}").writeTo(folder.resolve("strange.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      assertThat(fixture.submit(strange, request("a", 1)).next())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error().message()).contains("chat template of model 'local'"));
    }
  }

  @Test
  void requestsAreServedInOrderAndACancelledOneDisturbsNobody() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.inStep(8))) {
      List<EventStream<StreamEvent>> streams = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        streams.add(fixture.engine.submit(request("a", 30), tiny, fixture.call("call-" + i)));
      }
      String expected = drain(streams.getFirst()).text();
      streams.get(1).next();
      streams.get(1).next();
      streams.get(1).close();
      Answer cancelled = drain(streams.get(1));

      assertThat(cancelled.terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Cancelled.class,
              end -> {
                assertThat(end.reason()).isEqualTo(CancelReason.CLOSED);
                assertThat(end.usage().completionTokens()).isBetween(1, 5);
              });
      for (int i = 2; i < 5; i++) {
        assertThat(drain(streams.get(i)).text()).isEqualTo(expected);
      }
      fixture.engine.close();
      assertThat(
              fixture.telemetry.events("generation_end").stream()
                  .map(event -> event.text("request_id").orElseThrow()))
          .containsExactly("call-0", "call-1", "call-2", "call-3", "call-4");
    }
  }

  @Test
  void aFullQueueRefusesAndACancelledWaiterEndsAtOnceAndLeavesItsPlace() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.inStep(1))) {
      var running = fixture.submit(tiny, request("a", 30));
      running.next();
      var waitingCall = fixture.call("waiting");
      var waiting = fixture.engine.submit(request("a", 30), tiny, waitingCall);
      assertThat(fixture.engine.status().waiting()).isEqualTo(1);

      assertThatThrownBy(() -> fixture.submit(tiny, request("a", 30)))
          .isInstanceOfSatisfying(
              LlmException.class,
              refused ->
                  assertThat(refused.error())
                      .isInstanceOfSatisfying(
                          LlmError.QueueFull.class,
                          full -> {
                            assertThat(full.capacity()).isEqualTo(1);
                            assertThat(full.retryAfter()).isPositive();
                          }));
      waitingCall.cancel(CancelReason.USER);
      assertThat(waiting.next())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE));
      var next = fixture.submit(tiny, request("a", 3));
      assertThat(drain(running).terminal()).isInstanceOf(StreamEvent.Done.class);
      assertThat(drain(next).terminal()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void aCallThatWasCancelledBeforeEndsAtOnce() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.inStep(1))) {
      var call = fixture.call("late");
      call.cancel(CancelReason.CLIENT_GONE);

      assertThat(fixture.engine.submit(request("a", 3), tiny, call).next())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.CLIENT_GONE, Usage.NONE));
    }
  }

  @Test
  void aPassedDeadlineIsAFailure() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.inStep(1))) {
      var clock = new ManualClock();
      var call = Calls.open(clock, Duration.ofSeconds(3));
      var stream = fixture.engine.submit(request("a", 500), tiny, call);
      stream.next();
      clock.advance(Duration.ofSeconds(3));

      assertThat(drain(stream).terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error())
                      .isInstanceOfSatisfying(
                          LlmError.DeadlineExceeded.class,
                          error -> assertThat(error.budget()).isEqualTo(Duration.ofSeconds(3))));
    }
  }

  @Test
  void aConsumerThatDoesNotReadLosesItsTurnAndOthersAreServed() throws Exception {
    var settings = EngineFixture.settings(4, 8, Duration.ofMillis(100));
    try (var fixture = new EngineFixture(settings)) {
      var idle = fixture.submit(tiny, request("a", 30));
      var other = fixture.submit(tiny, request("a", 3)); // has room, however late it is read

      assertThat(drain(other).terminal()).isInstanceOf(StreamEvent.Done.class);
      assertThat(drain(idle).terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed -> assertThat(failed.error().message()).contains("was not read"));
    }
  }

  @Test
  void closingEndsWhatRunsAndWhatWaitsAndRefusesWhatComes() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.inStep(4))) {
      var running = fixture.submit(tiny, request("a", 500));
      running.next();
      running.next();
      var waiting = fixture.submit(tiny, request("a", 500));
      fixture.engine.close();

      assertThat(drain(running).terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Cancelled.class,
              end -> assertThat(end.reason()).isEqualTo(CancelReason.SHUTDOWN));
      assertThat(waiting.next())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.SHUTDOWN, Usage.NONE));
      assertThatThrownBy(() -> fixture.submit(tiny, request("a", 1)))
          .isInstanceOfSatisfying(
              LlmException.class,
              refused -> assertThat(refused.error()).isInstanceOf(LlmError.ShuttingDown.class));
      assertThat(fixture.engine.status().models()).isEmpty();
      assertThat(fixture.telemetry.trail()).contains("model_unload");
    }
  }

  @Test
  void aRefusedRequestLeavesNothingOnItsCall() {
    var clock = new ManualClock();
    var telemetry = new RecordingTelemetry();
    var engine = new Engine(EngineFixture.free(), TestFiles::library, telemetry, clock, () -> 42);
    engine.close();
    var call = Calls.open("call", clock, Duration.ofSeconds(60));

    assertThatThrownBy(() -> engine.submit(request("hi", 1), tiny, call))
        .isInstanceOf(LlmException.class);
    call.cancel(CancelReason.USER);

    assertThat(clock.alarmCount()).as("only the call's own deadline").isEqualTo(1);
  }
}
