package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.core.testkit.grammar.RandomSchemas;
import llm.core.testkit.grammar.RandomSchemas.Sizes;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Schemas by chance, and a model whose weights are chance too: only the grammar can be right. Two
 * validators judge, ours and one of others, which have nothing in common.
 *
 * <p>{@code llm.test.schemas} (500) and {@code llm.test.seed} say how many and which.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS) // of ten thousand
@DisplayName("T-7: whatever the schema, an answer fits it or the schema is refused by path")
class HeldRandomSchemasTest {
  private static final int SCHEMAS = Integer.getInteger("llm.test.schemas", 500);
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int AT_ONCE = 16;
  private static final int MOST_TOKENS = 1_500;

  @TempDir Path folder;
  private int accepted;
  private int complete;

  /** One that is being answered. */
  private record Asked(
      String which, SchemaValidator judge, SecondJudge second, EventStream<StreamEvent> stream) {}

  @Test
  void everyCompleteAnswerIsValidAndEveryRefusalNamesAPath() throws Exception {
    TestFiles.library();
    Path model = TinyModel.plain(2048).writeTo(folder.resolve("chance.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.together(8))) {
      List<Asked> open = new ArrayList<>();
      for (int i = 0; i < SCHEMAS; i++) {
        ask(fixture, model, i).ifPresent(open::add);
        if (open.size() == AT_ONCE || i == SCHEMAS - 1) {
          for (Asked asked : open) {
            judge(asked);
          }
          open.clear();
        }
      }
    }
    System.out.printf(
        "schemas: %d from seed %d, %d accepted, %d of these came to their end%n",
        SCHEMAS, SEED, accepted, complete);
    assertThat(accepted).as("accepted of %d", SCHEMAS).isGreaterThanOrEqualTo(SCHEMAS * 6 / 10);
    assertThat(complete * 100)
        .as("answers that came to their end, of %d", accepted)
        .isGreaterThanOrEqualTo(accepted * 95);
  }

  @Test
  void theOtherJudgeSeesWhatDoesNotFitAndFormatsCount() {
    var judge = new SecondJudge("{\"type\":\"string\",\"format\":\"date\",\"minLength\":3}");
    assertThat(judge.problems("\"2024-02-29\"")).isEmpty();
    assertThat(judge.problems("\"2023-02-29\"")).contains("date");
    assertThat(judge.problems("7")).contains("string");
  }

  private Optional<Asked> ask(EngineFixture fixture, Path model, int index) throws InvalidSchema {
    String schema = RandomSchemas.of(new Random(SEED + index), Sizes.BOUNDED);
    String which = "llm.test.seed=" + (SEED + index) + " " + schema;
    try {
      var stream = fixture.submit(model, request(schema, SEED + index));
      accepted++;
      var second = new SecondJudge(schema);
      return Optional.of(new Asked(which, SchemaValidator.of(schema), second, stream));
    } catch (LlmException refused) {
      assertThat(refused.error()).as(which).isInstanceOf(LlmError.InvalidRequest.class);
      assertThat(((LlmError.InvalidRequest) refused.error()).path().orElse(""))
          .as("%s: %s", refused.getMessage(), which)
          .startsWith("response_format.json_schema.schema");
      return Optional.empty();
    }
  }

  private static ChatRequest request(String schema, long seed) {
    var hot =
        SamplingOptions.builder()
            .temperature(new Temperature(2))
            .topK(0)
            .topP(1.0)
            .minP(0.0)
            .seed(seed)
            .build();
    var format =
        new ResponseFormat.JsonSchema("chance", Optional.empty(), new JsonText(schema), true);
    ChatRequest plain = EngineFixture.request("hello", MOST_TOKENS);
    return plain.withSampling(hot).withForm(plain.form().withFormat(format));
  }

  private void judge(Asked asked) throws LlmException {
    Answer answer = drain(asked.stream());
    assertThat(answer.terminal()).as(asked.which()).isInstanceOf(StreamEvent.Done.class);
    FinishReason reason = ((StreamEvent.Done) answer.terminal()).finishReason();
    if (reason == FinishReason.STOP) {
      complete++;
      assertThat(asked.judge().check(answer.text()))
          .as("%s%n%s", asked.which(), answer.text())
          .isEmpty();
      assertThat(asked.second().problems(answer.text()))
          .as("a validator of others does not agree: %s%n%s", asked.which(), answer.text())
          .isEmpty();
    } else {
      assertThat(reason).as(asked.which()).isEqualTo(FinishReason.LENGTH);
    }
  }
}
