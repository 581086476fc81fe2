package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("P-3: chat.completion.chunk frames")
class OpenAiStreamWriterTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void writesAStreamThatClientsCanPutTogether() throws IOException {
    List<String> frames =
        frames(
            false,
            new StreamEvent.Started("mü"),
            new StreamEvent.TextDelta("Hel\"lo\n"),
            new StreamEvent.TextDelta("ü😀\u0001"),
            new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 4)));

    assertThat(frames).hasSize(5).last().isEqualTo("[DONE]");
    JsonNode first = JSON.readTree(frames.getFirst());
    assertThat(first.get("id").stringValue()).isEqualTo("chatcmpl-\"1");
    assertThat(first.get("object").stringValue()).isEqualTo("chat.completion.chunk");
    assertThat(first.get("created").longValue()).isEqualTo(1_700_000_000L);
    assertThat(first.get("model").stringValue()).isEqualTo("m\u00fc");
    assertThat(first.has("usage")).isFalse();
    assertThat(choice(first).get("index").intValue()).isZero();
    assertThat(choice(first).get("finish_reason").isNull()).isTrue();
    assertThat(delta(frames.getFirst()).get("role").stringValue()).isEqualTo("assistant");
    assertThat(delta(frames.getFirst()).get("content").stringValue()).isEmpty();
    assertThat(delta(frames.get(1)).get("content").stringValue()).isEqualTo("Hel\"lo\n");
    assertThat(delta(frames.get(2)).get("content").stringValue()).isEqualTo("ü😀\u0001");
    JsonNode last = JSON.readTree(frames.get(3));
    assertThat(choice(last).get("finish_reason").stringValue()).isEqualTo("stop");
    assertThat(choice(last).get("delta").isEmpty()).isTrue();
  }

  @Test
  void writesUsageInAChunkOfItsOwnWhenAsked() throws IOException {
    List<String> frames =
        frames(
            true,
            new StreamEvent.Started("mü"),
            new StreamEvent.TextDelta("a"),
            new StreamEvent.Done(FinishReason.LENGTH, new Usage(30, 4, 10)));

    for (String chunk : frames.subList(0, 3)) {
      assertThat(JSON.readTree(chunk).get("usage").isNull()).isTrue();
    }
    JsonNode last = JSON.readTree(frames.get(3));
    assertThat(last.get("choices").isEmpty()).isTrue();
    assertThat(last.get("usage").toString())
        .isEqualTo(
            "{\"prompt_tokens\":30,\"completion_tokens\":4,\"total_tokens\":34,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":10}}");
    assertThat(frames.getLast()).isEqualTo("[DONE]");
  }

  @Test
  void streamsToolCallsAndReasoning() throws IOException {
    List<String> frames =
        frames(
            false,
            new StreamEvent.Started("mü"),
            new StreamEvent.ReasoningDelta("hm"),
            new StreamEvent.ToolCallStarted(0, "c1", "f"),
            new StreamEvent.ToolArgumentsDelta(0, "{\"a\":"),
            new StreamEvent.ToolArgumentsDelta(0, "1}"),
            new StreamEvent.ToolCallStarted(1, "c2", "g"),
            new StreamEvent.Done(FinishReason.TOOL_CALLS, Usage.NONE));

    assertThat(delta(frames.get(1)).toString()).isEqualTo("{\"reasoning_content\":\"hm\"}");
    assertThat(delta(frames.get(2)).toString())
        .isEqualTo(
            "{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}");
    assertThat(delta(frames.get(3)).toString())
        .isEqualTo("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}");
    assertThat(delta(frames.get(5)).get("tool_calls").get(0).get("index").intValue()).isEqualTo(1);
    assertThat(choice(JSON.readTree(frames.get(6))).get("finish_reason").stringValue())
        .isEqualTo("tool_calls");
  }

  @Test
  void endsAFailedStreamWithAnErrorAndNoDone() throws IOException {
    List<String> frames =
        frames(
            true,
            new StreamEvent.Started("mü"),
            new StreamEvent.Failed(
                new LlmError.DeadlineExceeded(
                    CancelReason.IDLE, "Model 'm'", Duration.ofSeconds(1)),
                Usage.NONE));

    assertThat(frames).hasSize(2).doesNotContain("[DONE]");
    JsonNode error = JSON.readTree(frames.getLast()).get("error");
    assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(error.get("code").stringValue()).isEqualTo("deadline_exceeded");
    assertThat(error.get("param").isNull()).isTrue();
  }

  @Test
  void endsACancelledStreamWithAnErrorAndNoDone() throws IOException {
    List<String> frames =
        frames(false, new StreamEvent.Cancelled(CancelReason.SHUTDOWN, Usage.NONE));

    assertThat(frames).hasSize(1);
    assertThat(JSON.readTree(frames.getFirst()).get("error").get("code").stringValue())
        .isEqualTo("cancelled");
  }

  @Test
  void writesEachEventInOneCall() throws IOException {
    var writes = new ArrayList<Integer>();
    var sink =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("one byte at a time");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            writes.add(length);
          }
        };
    var writer = new OpenAiStreamWriter("id", 1, "m", true);

    writer.write(new StreamEvent.Started("mü"), sink);
    writer.write(new StreamEvent.TextDelta("x".repeat(100_000)), sink);
    writer.write(new StreamEvent.Done(FinishReason.STOP, Usage.NONE), sink);

    assertThat(writes).hasSize(3);
    assertThat(writes.get(1)).isGreaterThan(100_000);
  }

  @Test
  void keepsAnyTextWhole() throws IOException {
    long seed = 7;
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      String text =
          random
              .ints(20, 0, 0x110000)
              .filter(OpenAiStreamWriterTest::isCharacter)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      List<String> frames = frames(false, new StreamEvent.TextDelta(text));
      assertThat(delta(frames.getFirst()).get("content").stringValue())
          .as("seed %d, round %d", seed, round)
          .isEqualTo(text);
    }
  }

  @Test
  void replacesHalfCharacters() throws IOException {
    List<String> frames = frames(false, new StreamEvent.TextDelta("a\ud800b\udc00"));

    assertThat(delta(frames.getFirst()).get("content").stringValue()).isEqualTo("a\ufffdb\ufffd");
  }

  private static boolean isCharacter(int codePoint) {
    return codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE;
  }

  private static List<String> frames(boolean usage, StreamEvent... events) throws IOException {
    var out = new ByteArrayOutputStream();
    var writer = new OpenAiStreamWriter("chatcmpl-\"1", 1_700_000_000L, "m\u00fc", usage);
    for (StreamEvent event : events) {
      writer.write(event, out);
    }
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n\n");
    return List.of(text.split("\n\n")).stream()
        .map(frame -> {
          assertThat(frame).startsWith("data: ").doesNotContain("\n");
          return frame.substring("data: ".length());
        })
        .toList();
  }

  private static JsonNode choice(JsonNode chunk) {
    return chunk.get("choices").get(0);
  }

  private static JsonNode delta(String frame) {
    return choice(JSON.readTree(frame)).get("delta");
  }
}
