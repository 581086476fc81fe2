package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: whatever the bytes, a body of Anthropic's dialect is read or refused as a value")
class MessagesFuzzTest {
  private static final int ROUNDS = 8_000;
  private static final byte[] BODY =
      """
      {"model":"m","max_tokens":12,"stream":true,"temperature":0.5,"top_p":0.9,"top_k":3,
       "system":[{"type":"text","text":"be kind","cache_control":{"type":"ephemeral","ttl":"1h"}}],
       "stop_sequences":["a","\\u00e9"],"metadata":{"user_id":"u"},"service_tier":"auto",
       "thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"},
       "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},
       "tools":[{"name":"f","input_schema":{"type":"object"},"strict":true},
       {"type":"web_search_20250305","name":"web_search","max_uses":2}],
       "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
       "messages":[{"role":"user","content":[{"type":"text","text":"grüße 😀"},
       {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
       {"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]},
       {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},
       {"type":"redacted_thinking","data":"x"},{"type":"text","text":"so"},
       {"type":"tool_use","id":"c","name":"f","input":{"a":[1,{"b":null}]}}]},
       {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","is_error":false,
       "content":[{"type":"text","text":"1"}]},{"type":"text","text":"go on"}]}]}
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
            .run(MessagesFuzzTest::mutated, (body, random) -> readOrRefuse(body, random, read));
    assertThat(rounds < ROUNDS || read.get() > 0).as("some mutants stay legal").isTrue();
  }

  private static void readOrRefuse(byte[] body, Random random, AtomicLong read) {
    Optional<Dialect> dialect =
        random.nextBoolean() ? Optional.of(Dialect.ANTHROPIC) : Optional.empty();
    try {
      MessagesCall call = MessagesReader.read(body, MessagesReaderTest.before(dialect));
      assertThat(call.request().messages()).isNotEmpty();
      read.incrementAndGet();
    } catch (LlmException refused) {
      assertThat(refused.error().message()).isNotBlank().hasSizeLessThan(1_000);
      assertThat(AnthropicResponses.error(refused.error(), "r")).isNotEmpty();
      if (refused.error() instanceof LlmError.InvalidJson invalid) {
        assertThat(invalid.line()).isPositive();
      }
    }
  }

  private static byte[] mutated(Random random) {
    byte[] body = BODY.clone();
    int changes = random.nextInt(4);
    for (int change = 0; change < changes; change++) {
      int at = random.nextInt(body.length);
      switch (random.nextInt(3)) {
        case 0 -> body[at] = TELLING[random.nextInt(TELLING.length)];
        case 1 -> body[at] = (byte) random.nextInt(256);
        default -> body = without(body, at, 1 + random.nextInt(Math.min(8, body.length - at)));
      }
    }
    return random.nextInt(20) == 0 ? Arrays.copyOf(body, body.length / 2) : body;
  }

  private static byte[] without(byte[] body, int at, int length) {
    byte[] shorter = new byte[body.length - length];
    System.arraycopy(body, 0, shorter, 0, at);
    System.arraycopy(body, at + length, shorter, at, body.length - at - length);
    return shorter;
  }
}
