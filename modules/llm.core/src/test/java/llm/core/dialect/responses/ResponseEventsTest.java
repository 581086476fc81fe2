package llm.core.dialect.responses;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.dialect.json.JsonCursor;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: whatever a model does, its events are those that clients of Responses expect")
class ResponseEventsTest {
  private static final Answer.Identity IDENTITY =
      new Answer.Identity("resp_" + "0123456789abcdef".repeat(2), 1_700_000_000, false);
  private static final int ROUNDS = 400;
  private static final StreamEvent PART =
      new StreamEvent.Aside(Dialect.OPENAI_RESPONSES, Asides.PART, JsonText.EMPTY_OBJECT);

  private static Answer answer(boolean summary) {
    return new Answer(IDENTITY, "m", Asked.of(Map.of()), summary);
  }

  private static String told(ResponsesStreamWriter writer, List<StreamEvent> events)
      throws IOException {
    var frames = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      writer.write(event, frames);
    }
    return frames.toString(StandardCharsets.UTF_8);
  }

  private static String told(boolean summary, List<StreamEvent> events) throws IOException {
    return told(new ResponsesStreamWriter(answer(summary), false), events);
  }

  /** One frame. */
  private record Frame(String type, Fields fields) {
    private int number(String name) throws LlmException {
      return fields.take(name, JsonCursor::integer).orElseThrow();
    }

    private String text(String name) throws LlmException {
      return fields.string(name).orElseThrow();
    }
  }

  private static List<Frame> frames(String told) throws LlmException {
    var frames = new ArrayList<Frame>();
    for (String frame : told.split("\n\n")) {
      String[] lines = frame.split("\n");
      assertThat(lines).hasSize(2);
      assertThat(lines[0]).startsWith("event: ");
      assertThat(lines[1]).startsWith("data: ");
      Fields fields = Fields.of(new JsonText(lines[1].substring(6)), "");
      String type = fields.string("type").orElseThrow();
      assertThat(lines[0]).isEqualTo("event: " + type);
      frames.add(new Frame(type, fields));
    }
    return frames;
  }

  @Test
  void everyStreamKeepsTheGrammar() throws Exception {
    long seed = System.nanoTime();
    for (int round = 0; round < ROUNDS; round++) {
      var random = new Random(seed + round);
      List<StreamEvent> events = events(random);
      boolean summary = random.nextBoolean();
      try {
        String told = told(summary, events);
        new Grammar().check(frames(told));
        checkSuffix(summary, events, told, random);
      } catch (Throwable failure) {
        throw new AssertionError("seed " + (seed + round) + ": " + events, failure);
      }
    }
  }

  /** Told again from any number on, it is the rest of the same. */
  private static void checkSuffix(
      boolean summary, List<StreamEvent> events, String told, Random random) throws Exception {
    String[] all = told.split("(?<=\n\n)");
    int last = random.nextInt(all.length);
    var writer = new ResponsesStreamWriter(answer(summary), false).after(last);
    var rest = new StringBuilder();
    for (int i = Math.min(last + 1, all.length - 1); i < all.length; i++) {
      rest.append(all[i]);
    }
    assertThat(told(writer, events)).isEqualTo(rest.toString());
  }

  /** What clients rely on. */
  private static final class Grammar {
    private final Map<Integer, StringBuilder> open = new HashMap<>();
    private final Map<Integer, Boolean> textDone = new HashMap<>();
    private final List<Optional<String>> items = new ArrayList<>(); // done ones as JSON

    private void check(List<Frame> frames) throws LlmException {
      for (int i = 0; i < frames.size(); i++) {
        Frame frame = frames.get(i);
        assertThat(frame.number("sequence_number")).isEqualTo(i);
        if (i < 2) {
          assertThat(frame.type()).isEqualTo(i == 0 ? "response.created" : "response.in_progress");
        } else if (i < frames.size() - 1) {
          inner(frame);
        }
      }
      Frame end = frames.getLast();
      assertThat(end.type()).matches("response\\.(completed|incomplete|failed)");
      assertThat(open).isEmpty();
      Fields response = Fields.of(end.fields().take("response").orElseThrow(), "");
      List<String> output = response.array("output").stream().map(JsonText::value).toList();
      assertThat(output).isEqualTo(items.stream().map(Optional::orElseThrow).toList());
    }

    private void inner(Frame frame) throws LlmException {
      int index = frame.number("output_index");
      switch (frame.type()) {
        case "response.output_item.added" -> {
          assertThat(index).isEqualTo(items.size());
          items.add(Optional.empty());
          open.put(index, new StringBuilder());
        }
        case "response.output_item.done" -> {
          StringBuilder text = open.remove(index);
          String item = frame.fields().take("item").orElseThrow().value();
          assertThat(text.isEmpty() || textDone.getOrDefault(index, false)).isTrue();
          items.set(index, Optional.of(item));
        }
        case String delta when delta.endsWith(".delta") -> {
          assertThat(textDone).doesNotContainKey(index);
          open.get(index).append(frame.text("delta"));
        }
        case String part when part.contains("part.") -> {
          assertThat(open).containsKey(index);
          if (part.endsWith(".added")) {
            assertThat(open.get(index).isEmpty() || textDone.remove(index)).isTrue();
            textDone.remove(index);
            open.get(index).setLength(0);
          }
        }
        case String done when done.endsWith(".done") -> {
          String field = done.contains("arguments") ? "arguments" : "text";
          assertThat(frame.text(field)).isEqualTo(open.get(index).toString());
          assertThat(textDone.put(index, true)).isNull();
        }
        default -> throw new AssertionError("unexpected " + frame.type());
      }
    }
  }

  private static List<StreamEvent> events(Random random) {
    var events = new ArrayList<StreamEvent>();
    events.add(new StreamEvent.Started("m"));
    int calls = 0;
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(7)) {
        case 0, 1 -> events.add(new StreamEvent.TextDelta(word(random)));
        case 2 ->
            events.add(
                new StreamEvent.TextDelta(
                    "x", List.of(TokenLogprob.of(new byte[] {120}, -1, List.of()))));
        case 3 -> {
          if (random.nextInt(3) == 0) {
            events.add(PART);
          }
          events.add(new StreamEvent.ReasoningDelta(word(random)));
        }
        case 4 ->
            events.add(
                random.nextBoolean()
                    ? new StreamEvent.ReasoningSigned("sig", Dialect.OPENAI_RESPONSES)
                    : new StreamEvent.ReasoningHidden("hid", Dialect.OPENAI_RESPONSES));
        case 5 -> events.add(new StreamEvent.ToolCallStarted(calls, "call_" + calls++, "f"));
        default -> {
          if (calls > 0) {
            events.add(new StreamEvent.ToolArgumentsDelta(random.nextInt(calls), word(random)));
          }
        }
      }
    }
    events.add(
        switch (random.nextInt(6)) {
          case 0 -> new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
          case 1 -> new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE);
          case 2 -> new StreamEvent.Done(FinishReason.LENGTH, Usage.of(3, 2));
          default -> new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 2));
        });
    return events;
  }

  private static String word(Random random) {
    return List.of("a", "grüße ", "\"{}\n", "😀", " b").get(random.nextInt(5));
  }

  @Test
  void reasoningIsToldAsItselfOrAsItsSummary() throws Exception {
    List<StreamEvent> events =
        List.of(
            new StreamEvent.Started("m"),
            new StreamEvent.ReasoningDelta("hm"),
            new StreamEvent.ReasoningSigned("proof", Dialect.OPENAI_RESPONSES),
            new StreamEvent.TextDelta("yes"),
            new StreamEvent.Done(FinishReason.STOP, new Usage(9, 4, 3, 1, 2)));
    assertThat(told(false, events))
        .contains(
            "event: response.reasoning_text.delta",
            "\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}],"
                + "\"encrypted_content\":\"proof\"",
            "\"input_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":2}",
            "\"output_tokens_details\":{\"reasoning_tokens\":1}");
    assertThat(told(true, events))
        .contains(
            "event: response.reasoning_summary_part.added",
            "event: response.reasoning_summary_text.delta",
            "\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]")
        .doesNotContain("reasoning_text\"");
  }

  @Test
  void partsOfReasoningStayApart() throws Exception {
    List<StreamEvent> events =
        List.of(
            new StreamEvent.Started("m"),
            new StreamEvent.ReasoningDelta("one"),
            PART,
            new StreamEvent.ReasoningDelta("\n\n"),
            new StreamEvent.ReasoningDelta("two"),
            new StreamEvent.TextDelta("yes"),
            new StreamEvent.Done(FinishReason.STOP, Usage.NONE));
    assertThat(told(true, events))
        .contains(
            "\"summary_index\":0,\"text\":\"one\"",
            "\"summary_index\":1,\"delta\":\"two\"",
            "\"summary_index\":1,\"text\":\"two\"",
            "\"summary\":[{\"type\":\"summary_text\",\"text\":\"one\"},"
                + "{\"type\":\"summary_text\",\"text\":\"two\"}]");
    assertThat(told(false, events))
        .contains(
            "\"content_index\":1,\"delta\":\"two\"",
            "\"content\":[{\"type\":\"reasoning_text\",\"text\":\"one\"},"
                + "{\"type\":\"reasoning_text\",\"text\":\"two\"}]");
  }

  @Test
  void aCutAnswerSaysWhyAndAFailedOneWhatFailed() throws Exception {
    var started = new StreamEvent.Started("m");
    var text = new StreamEvent.TextDelta("half");
    assertThat(
            told(
                false,
                List.of(started, text, new StreamEvent.Done(FinishReason.LENGTH, Usage.NONE))))
        .contains(
            "event: response.incomplete",
            "\"incomplete_details\":{\"reason\":\"max_output_tokens\"}",
            "\"status\":\"incomplete\"");
    var failed =
        new StreamEvent.Failed(new LlmError.ProviderFailed("p", "It fell over."), Usage.NONE);
    assertThat(told(false, List.of(started, text, failed)))
        .contains(
            "event: response.failed",
            "\"error\":{\"code\":\"server_error\",\"message\":\"It fell over.\"}");
    assertThat(told(false, List.of(failed)))
        .startsWith("event: error\ndata: {\"type\":\"error\",\"code\":\"provider_failed\"");
  }

  @Test
  void anAnswerThatCouldNotBeKeptSaysSo() throws Exception {
    var writer = new ResponsesStreamWriter(answer(false), true).keptBy(_ -> false);
    String told =
        told(
            writer,
            List.of(
                new StreamEvent.Started("m"), new StreamEvent.Done(FinishReason.STOP, Usage.NONE)));
    assertThat(told).contains("\"store\":true");
    assertThat(told.substring(told.indexOf("event: response.completed")))
        .contains("\"store\":false");
  }
}
