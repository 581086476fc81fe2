package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: the events of Anthropic's dialect")
class AnthropicStreamWriterTest {
  private static final StreamEvent STARTED = new StreamEvent.Started("m\"ü");

  @Test
  void writesTextAsClientsOfTheDialectReadIt() throws IOException {
    String stream =
        written(
            STARTED,
            text("Hel\"lo\n"),
            text("ü😀\u0001"),
            new StreamEvent.Done(FinishReason.STOP, new Usage(30, 4, 10, 2, 5)));
    assertThat(stream)
        .startsWith(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\\\"ü\",\"content\":[],")
        .contains(
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\\\"lo\\n\"}}\n\n")
        .endsWith(
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
                + "\"end_turn\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":15,"
                + "\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":10,"
                + "\"output_tokens\":4,\"output_tokens_details\":{\"thinking_tokens\":2}}}\n\n"
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    assertThat(EventGrammar.read(stream).texts).containsExactly("Hel\"lo\nü😀\u0001");
  }

  @Test
  void showsThoughtsWithTheirProofAndThoseThatNobodyMayRead() throws IOException {
    var read =
        EventGrammar.read(
            written(
                STARTED,
                new StreamEvent.ReasoningDelta("well"),
                new StreamEvent.ReasoningDelta(", yes"),
                new StreamEvent.ReasoningSigned("s1", Dialect.ANTHROPIC),
                new StreamEvent.ReasoningHidden("xyz", Dialect.ANTHROPIC),
                new StreamEvent.ReasoningSigned("s2", Dialect.ANTHROPIC),
                new StreamEvent.ReasoningDelta("unsigned"),
                text("a"),
                done(FinishReason.STOP)));
    assertThat(read.thoughts).containsExactly("well, yes", "", "unsigned");
    assertThat(read.signatures).containsExactly("s1", "s2", "");
    assertThat(read.hidden).containsExactly("xyz");
    assertThat(read.texts).containsExactly("a");
  }

  @Test
  void callsThatComeOneAfterAnotherAreStreamed() throws IOException {
    String stream =
        written(
            STARTED,
            text("So:"),
            call(0),
            arguments(0, "{\"a\":"),
            arguments(0, "\"}{\"}"),
            call(1),
            arguments(1, "{"),
            arguments(1, "}"),
            done(FinishReason.TOOL_CALLS));
    var read = EventGrammar.read(stream);
    assertThat(read.calls).containsExactly("id0 tool0 {\"a\":\"}{\"}", "id1 tool1 {}");
    assertThat(stream).contains("\"partial_json\":\"{\"", "\"partial_json\":\"}\"");
    assertThat(stopReason(read)).isEqualTo("tool_use");
  }

  @Test
  void callsThatComeByTurnsAreSetOneAfterAnother() throws IOException {
    var read =
        EventGrammar.read(
            written(
                STARTED,
                call(0),
                call(1),
                arguments(1, "{\"b\":[1"),
                arguments(0, "{"),
                text("between"),
                arguments(1, "]}"),
                arguments(0, "}"),
                call(2),
                done(FinishReason.STOP)));
    assertThat(read.calls).containsExactly("id0 tool0 {}", "id1 tool1 {\"b\":[1]}", "id2 tool2 ");
    assertThat(read.texts).containsExactly("between");
    assertThat(stopReason(read)).as("there are calls to answer").isEqualTo("tool_use");
  }

  @Test
  void argumentsThatAreNoObjectEndInAnError() throws IOException {
    for (String wrong : List.of("[1]", "{\"a\":1", "null", "{}{}")) {
      var read =
          EventGrammar.read(
              written(STARTED, call(0), arguments(0, wrong), done(FinishReason.TOOL_CALLS)));
      assertThat(read.error.get("message").stringValue()).as(wrong).contains("'tool0'");
      assertThat(read.stopped).isFalse();
    }
    var cut =
        EventGrammar.read(
            written(STARTED, call(0), arguments(0, "{\"a"), done(FinishReason.LENGTH)));
    assertThat(stopReason(cut)).as("the limit cut it").isEqualTo("max_tokens");
  }

  @Test
  void argumentsThatGoOnAfterTheirEndAreAnErrorOnceTheirBlockIsClosed() throws IOException {
    var read =
        EventGrammar.read(
            written(
                STARTED,
                call(0),
                arguments(0, "{}"),
                text("a"),
                arguments(0, " \n"),
                arguments(0, "x"),
                text("never"),
                done(FinishReason.STOP)));
    assertThat(read.error.get("type").stringValue()).isEqualTo("api_error");
  }

  @Test
  void whatWaitsIsBounded() throws IOException {
    var events = new ArrayList<StreamEvent>(List.of(STARTED, call(0), call(1)));
    String piece = "x".repeat(1 << 20);
    for (int i = 0; i < 5; i++) {
      events.add(arguments(1, piece));
    }
    events.add(done(FinishReason.STOP));
    var read = EventGrammar.read(written(events.toArray(StreamEvent[]::new)));
    assertThat(read.error.get("message").stringValue()).contains("one call at a time");
  }

  @Test
  void saysWhyItEnded() throws IOException {
    assertThat(stopReason(end(done(FinishReason.LENGTH)))).isEqualTo("max_tokens");
    assertThat(stopReason(end(done(FinishReason.CONTENT_FILTER)))).isEqualTo("refusal");
    assertThat(stopReason(end(done(FinishReason.UNKNOWN)))).isEqualTo("end_turn");
    var stopped = end(new StreamEvent.Done(FinishReason.STOP, Usage.NONE, Optional.of("END")));
    assertThat(stopReason(stopped)).isEqualTo("stop_sequence");
    assertThat(stopped.messageDelta.get("delta").get("stop_sequence").stringValue())
        .isEqualTo("END");
  }

  @Test
  void anyOtherEndIsAnErrorAndNoStop() throws IOException {
    var failed =
        end(new StreamEvent.Failed(new LlmError.ProviderFailed("p", "It broke."), Usage.NONE));
    assertThat(failed.error.toString())
        .isEqualTo("{\"type\":\"api_error\",\"message\":\"It broke.\"}");
    assertThat(failed.stopped).isFalse();
    var cancelled = end(new StreamEvent.Cancelled(CancelReason.SHUTDOWN, Usage.NONE));
    assertThat(cancelled.error.get("message").stringValue()).contains("shutting down");
  }

  @Test
  @DisplayName("whatever order events come in, the stream is legal and says the same")
  void anyOrderOfEventsIsALegalStream() throws IOException {
    long seed = System.nanoTime();
    for (int round = 0; round < 3_000; round++) {
      var random = new Random(seed + round);
      List<StreamEvent> events = events(random);
      try {
        compare(events);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError("seed " + (seed + round) + ": " + events, wrong);
      }
    }
  }

  private static void compare(List<StreamEvent> events) throws IOException {
    var collector = new ResultCollector("m");
    events.subList(0, events.size() - 1).forEach(collector::add);
    ChatResult expected;
    try {
      expected = collector.finish((StreamEvent.Terminal) events.getLast());
    } catch (llm.domain.error.LlmException impossible) {
      throw new AssertionError(impossible);
    }
    var read = EventGrammar.read(written(events.toArray(StreamEvent[]::new)));
    assertThat(read.stopped).isTrue();
    assertThat(String.join("", read.texts)).isEqualTo(expected.text());
    assertThat(String.join("", read.thoughts)).isEqualTo(expected.reasoning());
    assertThat(read.calls.stream().map(String::strip).toList())
        .containsExactlyElementsOf(
            expected.toolCalls().stream()
                .map(call -> (call.id() + " " + call.name() + " " + call.arguments()).strip())
                .toList());
  }

  /** A legal stream whose calls' arguments are objects, cut anywhere and mixed. */
  private static List<StreamEvent> events(Random random) {
    var events = new ArrayList<StreamEvent>(List.of(STARTED));
    var left = new ArrayList<StringBuilder>(); // of the arguments, by call
    int steps = random.nextInt(25);
    for (int i = 0; i < steps; i++) {
      switch (random.nextInt(7)) {
        case 0 -> events.add(text(random.nextBoolean() ? "" : "t" + i + "\"\\"));
        case 1 -> events.add(new StreamEvent.ReasoningDelta("r" + i));
        case 2 -> events.add(new StreamEvent.ReasoningSigned("s" + i, Dialect.ANTHROPIC));
        case 3 -> events.add(new StreamEvent.ReasoningHidden("h" + i, Dialect.ANTHROPIC));
        case 4 -> {
          events.add(call(left.size()));
          String[] all = {"", "{}", "{\"a\":{\"b\":[1,\"}\\\"\"]}}", " {\"x\" : null } "};
          left.add(new StringBuilder(all[random.nextInt(all.length)]));
        }
        default -> more(random, left, events);
      }
    }
    while (left.stream().anyMatch(rest -> !rest.isEmpty())) {
      more(random, left, events);
    }
    events.add(done(FinishReason.TOOL_CALLS));
    return events;
  }

  private static void more(Random random, List<StringBuilder> left, List<StreamEvent> events) {
    if (!left.isEmpty()) {
      int index = random.nextInt(left.size());
      StringBuilder rest = left.get(index);
      int length = Math.min(rest.length(), 1 + random.nextInt(6));
      if (length > 0) {
        events.add(arguments(index, rest.substring(0, length)));
        rest.delete(0, length);
      }
    }
  }

  private static EventGrammar end(StreamEvent terminal) throws IOException {
    return EventGrammar.read(written(STARTED, text("a"), terminal));
  }

  private static String stopReason(EventGrammar read) {
    return read.messageDelta.get("delta").get("stop_reason").stringValue();
  }

  private static StreamEvent text(String text) {
    return new StreamEvent.TextDelta(text);
  }

  private static StreamEvent call(int index) {
    return new StreamEvent.ToolCallStarted(index, "id" + index, "tool" + index);
  }

  private static StreamEvent arguments(int index, String json) {
    return new StreamEvent.ToolArgumentsDelta(index, json);
  }

  private static StreamEvent done(FinishReason reason) {
    return new StreamEvent.Done(reason, Usage.of(3, 2));
  }

  /** What is written; each event in at most one call of the sink. */
  private static String written(StreamEvent... events) throws IOException {
    var writer = new AnthropicStreamWriter("msg_1", "req-1");
    var all = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      var writes = new int[1];
      writer.write(
          event,
          new OutputStream() {
            @Override
            public void write(int b) {
              throw new AssertionError("one byte at a time");
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
              writes[0]++;
              all.write(bytes, from, length);
            }
          });
      assertThat(writes[0]).isLessThanOrEqualTo(1);
    }
    return all.toString(StandardCharsets.UTF_8);
  }
}
