package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.core.dialect.prediction.PredictionUsage;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.model.Temperature;
import llm.gpu.draft.Speculation;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers of random letters, which nothing but a prediction can tell. */
@Timeout(120)
@DisplayName("P-1: an answer that was predicted takes fewer steps and is the same")
class PredictionTest {
  private static final int LETTER_A = 260;
  private static final int TOKENS = 60;

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("predicted.gguf"));
  }

  private static SteppedEngine engine(Mode mode) {
    return new SteppedEngine(settings(2, 1).withSpeculation(new Speculation(mode, 8)));
  }

  private static ChatRequest letters() {
    var biases = new HashMap<Integer, Double>();
    for (int letter = 0; letter < 26; letter++) {
      biases.put(LETTER_A + letter, 100.0);
    }
    return request("say", TOKENS)
        .withSampling(
            SamplingOptions.builder()
                .temperature(new Temperature(2))
                .seed(7)
                .logitBias(Map.copyOf(biases))
                .topLogprobs(5)
                .build());
  }

  private static ChatRequest predicting(String content) {
    var field = new JsonText("{\"type\":\"content\",\"content\":" + content + "}");
    return letters()
        .withExtensions(Extensions.of(Dialect.OPENAI_CHAT, Map.of("prediction", field)));
  }

  private static SteppedEngine.Voice plain() throws Exception {
    try (var stepped = engine(Mode.OFF)) {
      stepped.ask("plain", model, letters());
      return stepped.end("plain");
    }
  }

  private static double drafted(SteppedEngine stepped, String outcome) {
    return stepped
        .telemetry
        .metrics()
        .sum("llm_local_draft_tokens_total", "outcome", outcome)
        .orElse(0);
  }

  @Test
  void fromItsBeginningToItsEnd() throws Exception {
    SteppedEngine.Voice plain = plain();
    try (var stepped = engine(Mode.ALWAYS)) {
      stepped.ask("predicted", model, predicting("\"" + plain.text() + "\""));

      Alike.require(stepped.end("predicted"), plain);
      assertThat(drafted(stepped, "accepted")).isGreaterThan(TOKENS * 0.7);
      assertThat(stepped.stepCount()).isLessThan(TOKENS / 3);
    }
  }

  @Test
  void whereTheMiddleIsAnotherTextItGoesOnBehindThat() throws Exception {
    SteppedEngine.Voice plain = plain();
    String text = plain.text();
    String parts =
        "[{\"type\":\"text\",\"text\":\"%s\"},{\"type\":\"text\",\"text\":\"0123%s\"}]"
            .formatted(text.substring(0, 25), text.substring(30));
    try (var stepped = engine(Mode.ALWAYS)) {
      stepped.ask("edited", model, predicting(parts));

      Alike.require(stepped.end("edited"), plain);
      assertThat(drafted(stepped, "accepted")).isGreaterThan(TOKENS * 0.5);
      assertThat(drafted(stepped, "rejected")).isPositive();
    }
  }

  @Test
  void aWrongOneOfAnyLengthChangesNothing() throws Exception {
    SteppedEngine.Voice plain = plain();
    try (var stepped = engine(Mode.ALWAYS)) {
      // longer than the window, and long enough to be read aside
      stepped.ask("wrong", model, predicting("\"" + "0123456789".repeat(2000) + "\""));
      stepped.ask("empty", model, predicting("\"\""));

      Alike.require(stepped.end("wrong"), plain);
      Alike.require(stepped.end("empty"), plain);
      assertThat(drafted(stepped, "rejected")).isPositive();
      assertThat(stepped.end("wrong").promptTokens()).isEqualTo(plain.promptTokens());
    }
  }

  @Test
  void whereNothingIsDraftedItIsLeftOut() throws Exception {
    SteppedEngine.Voice plain = plain();
    try (var stepped = engine(Mode.OFF)) {
      stepped.ask("off", model, predicting("\"" + plain.text() + "\""));

      Alike.require(stepped.end("off"), plain);
      assertThat(drafted(stepped, "accepted") + drafted(stepped, "rejected")).isZero();
    }
  }

  private static Extensions told(int accepted, int rejected) {
    return new PredictionUsage(accepted, rejected).fields();
  }

  private static Extensions told(SteppedEngine.Voice voice) {
    return ((StreamEvent.Done) voice.end()).extensions();
  }

  @Test
  void theAnswerTellsHowMuchOfItWasRight() throws Exception {
    SteppedEngine.Voice plain = plain();
    assertThat(told(plain)).as("without a prediction").isEqualTo(Extensions.NONE);
    try (var stepped = engine(Mode.ALWAYS)) {
      stepped.ask("right", model, predicting("\"" + plain.text() + "\""));
      told(stepped.end("right"));
      int right = (int) drafted(stepped, "accepted");
      int wrong = (int) drafted(stepped, "rejected");
      assertThat(told(stepped.end("right")).fields().get("usage").value())
          .contains("\"accepted_prediction_tokens\":" + right + ",");
      assertThat(right).isGreaterThan((int) (TOKENS * 0.7));

      stepped.ask("wrong", model, predicting("\"" + "0123456789".repeat(20) + "\""));
      assertThat(told(stepped.end("wrong")).fields().get("usage").value())
          .as("what was drafted beside it, of the answer itself, is not the prediction's")
          .contains("\"accepted_prediction_tokens\":0,");
      assertThat((int) drafted(stepped, "rejected")).isGreaterThan(wrong);
    }
    try (var stepped = engine(Mode.OFF)) {
      stepped.ask("off", model, predicting("\"" + plain.text() + "\""));
      assertThat(told(stepped.end("off"))).isEqualTo(told(0, 0));
    }
  }

  @Test
  void aHeldAnswerThatAStopStringCutsTellsItToo() throws Exception {
    String content = "\"" + "abcdefgh".repeat(4) + "\"";
    ChatRequest predicted = predicting(content);
    var sampling = predicted.sampling().toBuilder().stop(List.of("abcdefghabcd")).build();
    var form = predicted.form().withFormat(new ResponseFormat.Grammar("root ::= \"abcdefgh\"{4}"));
    try (var stepped = engine(Mode.ALWAYS)) {
      stepped.ask("cut", model, predicted.withSampling(sampling).withForm(form));

      var end = (StreamEvent.Done) stepped.end("cut").end();
      assertThat(end.finishReason()).isEqualTo(FinishReason.LENGTH);
      assertThat(end.extensions().fields().get("usage").value())
          .containsPattern("\"accepted_prediction_tokens\":[1-9]");
    }
  }
}
