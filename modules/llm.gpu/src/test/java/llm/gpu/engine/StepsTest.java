package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.BATCH;
import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.schedule.StepPlanner;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: who gets on in which step")
class StepsTest {
  private static final int STREAMS = 8;

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("steps.gguf"));
  }

  private static ChatRequest background(ChatRequest request) {
    return request.withPriority(Priority.BACKGROUND);
  }

  /** All numbers of steps from one to another, both included. */
  private static List<Integer> everyStep(int from, int to) {
    return IntStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void everyStreamHasATokenInEveryStepWhileALongPromptIsRead() throws Exception {
    try (var stepped = new SteppedEngine(settings(STREAMS + 1, 1))) {
      stepped.begin(
          model,
          () -> {
            for (int i = 0; i < STREAMS; i++) {
              stepped.ask("stream " + i, model, letters("" + (char) ('b' + i), 40));
            }
          });
      stepped.at(10, () -> stepped.ask("long", model, letters("m".repeat(400), 2)));

      assertThat(stepped.end("long").promptTokens()).isEqualTo(401);
      int chunks = Math.ceilDiv(401, BATCH - STREAMS);
      assertThat(stepped.stepsOf("long")).containsExactly(10 + chunks, 11 + chunks);
      for (int step = 11; step < 10 + chunks; step++) {
        assertThat(stepped.tokensOf(step)).as("step %d", step).isEqualTo(BATCH);
      }
      for (int i = 0; i < STREAMS; i++) {
        assertThat(stepped.end("stream " + i).text()).isEqualTo("a".repeat(40));
        assertThat(stepped.stepsOf("stream " + i)).isEqualTo(everyStep(2, 41));
      }
    }
  }

  @Test
  void aShortPromptThatComesWhileALongOneIsReadIsAnsweredBeforeIt() throws Exception {
    try (var stepped = new SteppedEngine(settings(4, 1))) {
      stepped.begin(model, () -> stepped.ask("long", model, letters("m".repeat(600), 2)));
      stepped.at(3, () -> stepped.ask("short", model, letters("n".repeat(20), 2)));

      stepped.end("long");
      assertThat(stepped.end("short").text()).isEqualTo("aa");
      assertThat(stepped.stepsOf("short")).as("in its first step").containsExactly(4, 5);
      assertThat(stepped.stepsOf("long").getFirst()).isGreaterThan(5);
    }
  }

  @Test
  void aBackgroundAnswerGetsOneStepInSixteenWhileAnInteractiveOneStreams() throws Exception {
    try (var stepped = new SteppedEngine(settings(2, 2))) {
      stepped.ask("background", model, background(letters("m", 60)));
      stepped.at(5, () -> stepped.ask("interactive", model, letters("n", 40)));

      stepped.end("background");
      stepped.end("interactive");
      assertThat(stepped.stepsOf("interactive")).isEqualTo(everyStep(6, 45));
      List<Integer> background = stepped.stepsOf("background");
      assertThat(background.subList(0, 5)).isEqualTo(everyStep(1, 5));
      assertThat(background.stream().filter(step -> step > 5 && step <= 45).toList())
          .containsExactly(5 + StepPlanner.BACKGROUND_EVERY, 5 + 2 * StepPlanner.BACKGROUND_EVERY);
      assertThat(background.subList(7, 60)).as("alone again").isEqualTo(everyStep(46, 98));
    }
  }

  @Test
  void anInteractiveRequestBeginsInTheNextStepThoughBackgroundOnesHaveAllTheirSlots()
      throws Exception {
    try (var stepped = new SteppedEngine(settings(1, 3))) {
      stepped.begin(
          model,
          () -> {
            for (int i = 0; i < 6; i++) {
              stepped.ask("background " + i, model, background(letters("m".repeat(100 + i), 30)));
            }
          });
      stepped.at(4, () -> stepped.ask("interactive", model, letters("n", 3)));

      stepped.end("interactive");
      assertThat(stepped.stepsOf("interactive")).containsExactly(5, 6, 7);
      assertThat(stepped.tokensOf(5)).as("and has it for itself").isEqualTo(2);
      for (int i = 0; i < 6; i++) {
        assertThat(stepped.end("background " + i).text()).isEqualTo("a".repeat(30));
      }
    }
  }

  @Test
  void anInteractiveRequestBeginsInTheNextStepThoughBackgroundOnesHaveThePool() throws Exception {
    var small = settings(new Slots(2, 2), 1024, new Prefixes(4, -1));
    try (var stepped = new SteppedEngine(small)) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("background 1", model, background(letters("m".repeat(500), 200)));
            stepped.ask("background 2", model, background(letters("n".repeat(400), 200)));
          });
      stepped.at(40, () -> stepped.ask("interactive", model, letters("o".repeat(60), 3)));
      stepped.at(60, () -> stepped.ask("large", model, letters("p".repeat(900), 3)));

      stepped.end("large");
      assertThat(stepped.end("interactive").text()).isEqualTo("aaa");
      assertThat(stepped.stepsOf("interactive")).containsExactly(41, 42, 43);
      assertThat(stepped.stepsOf("large").getFirst()).isEqualTo(60 + Math.ceilDiv(901, BATCH));
      for (String name : List.of("background 1", "background 2")) {
        assertThat(stepped.end(name).text()).as(name).isEqualTo("a".repeat(200));
        assertThat(stepped.end(name).end())
            .isInstanceOfSatisfying(
                StreamEvent.Done.class,
                done -> assertThat(done.finishReason()).isEqualTo(FinishReason.LENGTH));
      }
    }
  }
}
