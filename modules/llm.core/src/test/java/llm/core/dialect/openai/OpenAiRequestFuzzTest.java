package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: whatever the bytes, a body is read or refused as a value")
class OpenAiRequestFuzzTest {
  private static final int ROUNDS = 12_000;
  private static final byte[] BODY =
      """
      {"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,
       "top_p":0.9,"seed":7,"logit_bias":{"50256":-100,"7":1.5},"frequency_penalty":0.5,
       "presence_penalty":-1,"repeat_penalty":1.1,"logprobs":true,"top_logprobs":5,
       "priority":"background","service_tier":"flex","stop":["a","\\u00e9"],"max_tokens":12,"x":{"y":[1,2,{"z":null}]},
       "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
       "tool_choice":"auto","messages":[{"role":"system","content":"be kind"},
       {"role":"user","content":[{"type":"text","text":"grüße 😀"}]},
       {"role":"assistant","tool_calls":[{"id":"c","type":"function",
       "function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}]}
      """
          .getBytes(StandardCharsets.UTF_8);
  private static final byte[] TELLING =
      "{}[]\",:\\u0d8tfnul-+.eE0123456789 \n\u0000".getBytes(StandardCharsets.UTF_8);

  @Test
  @Tag("fuzz")
  @Tag("json")
  void onlyRefusalsComeOut() {
    var read = new AtomicLong();
    long rounds =
        Fuzz.target("json")
            .rounds(ROUNDS)
            .run(OpenAiRequestFuzzTest::mutated, (body, _) -> readOrRefuse(body, read));
    assertThat(rounds < ROUNDS || read.get() > 0).as("some mutants stay legal").isTrue();
  }

  private static void readOrRefuse(byte[] body, AtomicLong read) {
    try {
      ChatCall call = OpenAiRequestReader.read(body, a -> new ModelName(a.orElse("default")));
      assertThat(call.request().messages()).isNotEmpty();
      read.incrementAndGet();
    } catch (LlmException refused) {
      assertThat(refused.error().message()).isNotBlank().hasSizeLessThan(1_000);
      if (refused.error() instanceof LlmError.InvalidJson invalid) {
        assertThat(invalid.line()).isPositive();
        assertThat(invalid.column()).isPositive();
      }
    }
  }

  private static byte[] mutated(Random random) {
    byte[] body = BODY.clone();
    int changes = 1 + random.nextInt(3);
    for (int change = 0; change < changes; change++) {
      int at = random.nextInt(body.length);
      switch (random.nextInt(4)) {
        case 0 -> body[at] = TELLING[random.nextInt(TELLING.length)];
        case 1 -> body[at] = (byte) random.nextInt(256);
        case 2 -> body = without(body, at, 1 + random.nextInt(Math.min(8, body.length - at)));
        default -> body = twice(body, at, 1 + random.nextInt(Math.min(40, body.length - at)));
      }
    }
    return random.nextInt(20) == 0 ? java.util.Arrays.copyOf(body, body.length / 2) : body;
  }

  private static byte[] without(byte[] body, int at, int length) {
    byte[] shorter = new byte[body.length - length];
    System.arraycopy(body, 0, shorter, 0, at);
    System.arraycopy(body, at + length, shorter, at, body.length - at - length);
    return shorter;
  }

  private static byte[] twice(byte[] body, int at, int length) {
    byte[] longer = new byte[body.length + length];
    System.arraycopy(body, 0, longer, 0, at + length);
    System.arraycopy(body, at, longer, at + length, body.length - at);
    return longer;
  }
}
