package llm.core.dialect.anthropic.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.testkit.Fuzz;
import llm.core.testkit.StreamCheck;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("P-2 two parsers read Anthropic's events and say the same")
class MessageParsersTest {
  private static final int ROUNDS = 30_000;
  private static final byte[] TELLING =
      "{}[]\",:\\u0d8tfnul-+.eE0123456789 \n\t\u0000\u007f".getBytes(StandardCharsets.UTF_8);
  private static final List<String> USUAL =
      List.of(
          delta("0", "text_delta", "text", "Hi"),
          delta("12", "text_delta", "text", "a \\\"quoted\\\" \\u00e9 \\n"),
          delta("1", "text_delta", "text", "grüße 😀"),
          delta("1", "text_delta", "text", ""),
          """
          {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"} }   \
          """);
  private static final List<String> OTHERS =
      List.of(
          """
          {"type":"message_start","message":{"id":"m","usage":{"input_tokens":7,"output_tokens":1}}}\
          """,
          """
          {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t",\
          "name":"f","input":{}}}\
          """,
          delta("1", "input_json_delta", "partial_json", "{\\\"x\\\":"),
          """
          {"type":"content_block_stop","index":1}\
          """,
          """
          {"type":"content_block_start","index":2,"content_block":{"type":"thinking",\
          "thinking":"hm","signature":""}}\
          """,
          delta("2", "thinking_delta", "thinking", "so"),
          delta("2", "signature_delta", "signature", "c2ln"),
          """
          {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},\
          "usage":{"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}\
          """,
          """
          {"type":"message_stop"}\
          """,
          """
          {"type":"ping"}\
          """,
          """
          {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\
          """,
          """
          {"id":"m","type":"message","content":[{"type":"text","text":"a"},{"type":"tool_use",\
          "id":"t","name":"f","input":{"x":[1]}},{"type":"redacted_thinking","data":"ZA=="}],\
          "stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}\
          """);

  private static String delta(String index, String type, String field, String text) {
    return "{\"type\":\"content_block_delta\",\"index\":"
        + index
        + ",\"delta\":{\"type\":\""
        + type
        + "\",\""
        + field
        + "\":\""
        + text
        + "\"}}";
  }

  @Test
  void textIsReadFastAndAllElseIsNot() throws LlmException {
    for (String usual : USUAL) {
      byte[] data = bytes(usual);
      String text = new FastDelta().read(data, 0, data.length);
      assertThat(text).as(usual).isEqualTo(general(data).blocks.getFirst().text);
    }
    for (String other : OTHERS) {
      byte[] data = bytes(other);
      assertThat(new FastDelta().read(data, 0, data.length)).as(other).isNull();
    }
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void bothAgreeOnWhateverComes() {
    var known = new AtomicLong();
    var fast = new FastDelta();
    long rounds =
        Fuzz.target("sse")
            .rounds(ROUNDS)
            .run(
                random -> mutated(any(random), random),
                (data, _) -> known.addAndGet(agree(fast, data) ? 1 : 0));
    assertThat(rounds < ROUNDS || known.get() > rounds / 50).as("some stay usual").isTrue();
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void whateverTheEventsTheStreamKeepsItsContract() {
    Fuzz.target("sse")
        .rounds(ROUNDS / 8)
        .run(
            random -> {
              var all = new StringBuilder();
              for (int i = random.nextInt(12); i >= 0; i--) {
                byte[] data = random.nextInt(8) == 0 ? mutated(any(random), random) : any(random);
                all.append(new String(data, StandardCharsets.ISO_8859_1)).append('\0');
              }
              return all.toString().getBytes(StandardCharsets.ISO_8859_1);
            },
            (input, _) -> holds(new String(input, StandardCharsets.ISO_8859_1).split("\0")));
  }

  private static void holds(String[] documents) {
    var reader = new MessageReader(new UpstreamFailures("up"), () -> "made");
    var events = new ArrayList<StreamEvent>();
    events.add(new StreamEvent.Started("m"));
    StreamEvent.Terminal end = null;
    for (String document : documents) {
      byte[] data = document.getBytes(StandardCharsets.ISO_8859_1);
      try {
        reader.read(data, 0, data.length, events::add);
      } catch (LlmException failure) {
        assertThat(failure.error().message()).hasSizeLessThan(2_000).startsWith("Provider 'up'");
        end = new StreamEvent.Failed(failure.error(), reader.usage());
        break;
      }
    }
    events.removeIf(event ->
        event instanceof StreamEvent.TextDelta(String text, var _)
            && text.chars().anyMatch(c -> Character.isSurrogate((char) c)));
    events.add(end == null ? reader.end() : end);
    StreamCheck.drain(stream(events));
  }

  private static EventStream<StreamEvent> stream(List<StreamEvent> events) {
    var left = new ArrayList<>(events);
    return new EventStream<>() {
      @Override
      public StreamEvent next() {
        if (left.isEmpty()) {
          throw new IllegalStateException("over");
        }
        return left.removeFirst();
      }

      @Override
      public boolean hasReady() {
        return !left.isEmpty();
      }

      @Override
      public void close() {}
    };
  }

  private static boolean agree(FastDelta fast, byte[] data) {
    int pad = data.length % 5;
    byte[] padded = new byte[data.length + 2 * pad];
    Arrays.fill(padded, (byte) '"');
    System.arraycopy(data, 0, padded, pad, data.length);
    String text = fast.read(padded, pad, data.length);
    if (text == null) {
      return false;
    }
    String as = new String(data, StandardCharsets.UTF_8);
    try {
      Event event = general(data);
      assertThat(event.type).as(as).isEqualTo(Event.Type.BLOCK_DELTA);
      assertThat(event.blocks).as(as).hasSize(1);
      assertThat(event.blocks.getFirst().type).as(as).isEqualTo("text_delta");
      assertThat(event.blocks.getFirst().text).as(as).isEqualTo(text);
      return true;
    } catch (LlmException refused) {
      throw new AssertionError(as, refused);
    }
  }

  private static Event general(byte[] data) throws LlmException {
    return GeneralEvent.read(data, new UsageCounts());
  }

  private static byte[] any(Random random) {
    List<String> from = random.nextBoolean() ? USUAL : OTHERS;
    return bytes(from.get(random.nextInt(from.size())));
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] data = original.clone();
    for (int change = random.nextInt(3); change > 0 && data.length > 0; change--) {
      int at = random.nextInt(data.length);
      int most = Math.min(40, data.length - at);
      switch (random.nextInt(4)) {
        case 0 -> data[at] = TELLING[random.nextInt(TELLING.length)];
        case 1 -> data[at] = (byte) random.nextInt(256);
        case 2 -> data = spliced(data, at, 1 + random.nextInt(most), new byte[0]);
        default -> {
          byte[] piece = Arrays.copyOfRange(data, at, at + 1 + random.nextInt(most));
          data = spliced(data, at, 0, piece);
        }
      }
    }
    return data;
  }

  private static byte[] spliced(byte[] data, int at, int removed, byte[] added) {
    byte[] result = new byte[data.length - removed + added.length];
    System.arraycopy(data, 0, result, 0, at);
    System.arraycopy(added, 0, result, at, added.length);
    System.arraycopy(data, at + removed, result, at + added.length, data.length - at - removed);
    return result;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
