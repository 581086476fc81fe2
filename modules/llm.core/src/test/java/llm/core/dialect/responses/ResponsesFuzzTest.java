package llm.core.dialect.responses;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: whatever the bytes, a body of Responses is read or refused as a value")
class ResponsesFuzzTest {
  private static final int ROUNDS = 12_000;
  private static final byte[] BODY =
      """
      {"model":"m","stream":true,"instructions":"be kind","store":true,"metadata":{"a":"b"},
       "reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"json_schema",
       "name":"s","schema":{"type":"object"}}},"tool_choice":"auto","top_logprobs":2,"x":[1],
       "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false}],
       "input":[{"role":"user","content":[{"type":"input_text","text":"grüße 😀"},
       {"type":"input_image","image_url":"https://a.b/c"}]},
       {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
       {"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},
       {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
       {"type":"function_call_output","call_id":"c","output":"1"}]}
      """
          .getBytes(UTF_8);
  private static final byte[] TELLING = "{}[]\",:\\u0d8tfnul-+.eE0123456789 \n\0".getBytes(UTF_8);

  @Test
  @Tag("fuzz")
  @Tag("json")
  void onlyRefusalsComeOut() {
    var read = new AtomicLong();
    long rounds =
        Fuzz.target("json")
            .rounds(ROUNDS)
            .run(ResponsesFuzzTest::mutated, (body, _) -> readOrRefuse(body, read));
    assertThat(rounds < ROUNDS || read.get() > 0).as("some mutants stay legal").isTrue();
  }

  private static void readOrRefuse(byte[] body, AtomicLong read) {
    try {
      ResponseCall call =
          ResponsesRequestReader.read(body, asked -> new ModelName(asked.orElse("default")));
      assertThat(call.request(List.of(), _ -> Optional.empty()).messages()).isNotEmpty();
      ResponseBodies.withIds(call.input(), "resp_1");
      read.incrementAndGet();
    } catch (LlmException refused) {
      assertThat(refused.error().message()).isNotBlank().hasSizeLessThan(1_000);
      if (refused.error() instanceof LlmError.InvalidJson invalid) {
        assertThat(invalid.line()).isPositive();
      }
    }
  }

  private static byte[] mutated(Random random) {
    byte[] body = BODY.clone();
    for (int change = 1 + random.nextInt(3); change > 0; change--) {
      int at = random.nextInt(body.length);
      switch (random.nextInt(3)) {
        case 0 -> body[at] = TELLING[random.nextInt(TELLING.length)];
        case 1 -> body[at] = (byte) random.nextInt(256);
        default -> {
          int length = 1 + random.nextInt(Math.min(8, body.length - at));
          byte[] shorter = Arrays.copyOf(body, body.length - length);
          System.arraycopy(body, at + length, shorter, at, body.length - at - length);
          body = shorter;
        }
      }
    }
    return body;
  }
}
