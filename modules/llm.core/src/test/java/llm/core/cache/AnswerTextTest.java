package llm.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import llm.core.testkit.Calls;
import llm.domain.call.Answerer;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-8: answers as they are kept")
class AnswerTextTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final String[] TEXTS = {
    "",
    "a",
    "two words",
    "3:abc",
    "ü€😀",
    "line\nand \"quote\"",
    "word ".repeat(200),
    "x".repeat(999)
  };

  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void everyAnswerIsReadAsItWasWritten() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      KeptAnswer answer = answer();
      assertThat(AnswerParser.read(AnswerText.of(answer))).as("seed %s", SEED).contains(answer);
    }
  }

  @Test
  void whatIsCutOrChangedIsNoAnswerOrAnotherOneButNeverAFailure() {
    for (int i = 0; i < 300; i++) {
      KeptAnswer answer = answer();
      String text = AnswerText.of(answer);
      assertThat(AnswerParser.read(text.substring(0, random.nextInt(text.length())))).isEmpty();
      assertThat(AnswerParser.read(text + "1:x")).isEmpty();
      var changed = new StringBuilder(text);
      changed.setCharAt(random.nextInt(text.length()), (char) random.nextInt(32, 127));
      AnswerParser.read(changed.toString()); // does not throw
    }
    for (String wrong : List.of("", ":", "12", "1:", "99999999999:x", "-1:", "12:llm-answer/2")) {
      assertThat(AnswerParser.read(wrong)).as(wrong).isEmpty();
    }
  }

  @Test
  void aReplayTellsTheSameInPieces() throws Exception {
    for (int i = 0; i < 500; i++) {
      KeptAnswer answer = answer();
      var replay = new Replay(answer, Calls.open());
      var pieces = new ArrayList<StreamEvent>();
      var keeper = new AnswerKeeper(Long.MAX_VALUE);
      for (StreamEvent e = replay.next(); !(e instanceof StreamEvent.Terminal); e = replay.next()) {
        pieces.add(e);
        keeper.add(e);
      }
      assertThat(keeper.events()).as("seed %s", SEED).contains(joined(answer.events()));
      assertThat(replay.hasReady()).isFalse();
      assertThat(pieces)
          .filteredOn(StreamEvent.ReasoningDelta.class::isInstance)
          .allMatch(e -> ((StreamEvent.ReasoningDelta) e).text().length() <= Replay.PIECE + 1);
      assertThat(pieces)
          .filteredOn(StreamEvent.TextDelta.class::isInstance)
          .noneMatch(e -> isCutInACharacter(((StreamEvent.TextDelta) e).text()));
    }
  }

  @Test
  void anAnswerInOnePieceIsTheSameAsAStream() throws Exception {
    for (int i = 0; i < 500; i++) {
      KeptAnswer answer = answer();
      var collector = new ResultCollector("m");
      answer.events().stream()
          .filter(event -> !(event instanceof StreamEvent.ToolCallStarted))
          .filter(event -> !(event instanceof StreamEvent.ToolArgumentsDelta))
          .filter(event -> AnswerKeeper.weight(event) > 64 || event instanceof StreamEvent.Note)
          .forEach(collector::add);
      collector.add(new StreamEvent.ToolCallStarted(0, "i", "f"));
      collector.add(new StreamEvent.ToolArgumentsDelta(0, "{}"));
      ChatResult whole = collector.finish(answer.end());
      var stream = new WholeAnswer(whole, Calls.open());
      assertThat(ResultCollector.collect("x", stream)).as("seed %s", SEED).isEqualTo(whole);
    }
  }

  @Test
  void deltasOfOneKindAreJoinedAndNothingElseChanges() throws Exception {
    var keeper = new AnswerKeeper(10_000);
    var whole = new ResultCollector("m");
    var joined = new ResultCollector("m");
    List<StreamEvent> said =
        List.of(
            new StreamEvent.Started("m"),
            new StreamEvent.ReasoningDelta("th"),
            new StreamEvent.ReasoningDelta("ink"),
            new StreamEvent.TextDelta("Hel"),
            new StreamEvent.TextDelta("lo"),
            new StreamEvent.ToolCallStarted(0, "a", "f"),
            new StreamEvent.ToolArgumentsDelta(0, "{\"x\""),
            new StreamEvent.ToolCallStarted(1, "b", "g"),
            new StreamEvent.ToolArgumentsDelta(1, "{"),
            new StreamEvent.ToolArgumentsDelta(0, ":1}"),
            new StreamEvent.ToolArgumentsDelta(1, "}"));
    said.forEach(keeper::add);
    said.forEach(whole::add);
    List<StreamEvent> kept = keeper.events().orElseThrow();
    kept.forEach(joined::add);
    assertThat(kept).hasSize(9).contains(new StreamEvent.TextDelta("Hello"));
    var end = new StreamEvent.Done(FinishReason.TOOL_CALLS, Usage.of(1, 2));
    assertThat(joined.finish(end)).isEqualTo(whole.finish(end));
  }

  @Test
  void ofAnAnswerThatIsTooLargeNothingIsKept() {
    var keeper = new AnswerKeeper(300);
    keeper.add(new StreamEvent.TextDelta("x".repeat(100)));
    assertThat(keeper.events()).isPresent();
    keeper.add(new StreamEvent.TextDelta("x".repeat(100)));
    keeper.add(new StreamEvent.TextDelta("x"));
    assertThat(keeper.events()).isEmpty();
  }

  private static List<StreamEvent> joined(List<StreamEvent> events) {
    var keeper = new AnswerKeeper(Long.MAX_VALUE);
    events.forEach(keeper::add);
    return keeper.events().orElseThrow();
  }

  private static boolean isCutInACharacter(String piece) {
    return !piece.isEmpty()
        && (Character.isLowSurrogate(piece.charAt(0))
            || Character.isHighSurrogate(piece.charAt(piece.length() - 1)));
  }

  private KeptAnswer answer() {
    List<StreamEvent> events =
        IntStream.range(0, random.nextInt(8)).mapToObj(_ -> event()).toList();
    FinishReason reason = random.nextBoolean() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
    var usage = new Usage(random.nextInt(50, 99), random.nextInt(9, 20), 7, 3, 1);
    Optional<String> stop = random.nextBoolean() ? Optional.of(text()) : Optional.empty();
    Map<String, JsonText> fields =
        random.nextBoolean() ? Map.of() : Map.of("a", json(), "b " + text(), json());
    var end = new StreamEvent.Done(reason, usage, stop, Extensions.of(Dialect.ANTHROPIC, fields));
    var made = Instant.ofEpochMilli(random.nextLong(2_000_000_000_000L));
    return new KeptAnswer(made, new Answerer("p", text()), events, end);
  }

  private StreamEvent event() {
    return switch (random.nextInt(9)) {
      case 0 -> new StreamEvent.Started(text());
      case 1 -> new StreamEvent.TextDelta(text());
      case 2 -> new StreamEvent.TextDelta(text(), List.of(logprob(), logprob()));
      case 3 -> new StreamEvent.ReasoningDelta(text());
      case 4 -> new StreamEvent.ReasoningSigned(text(), Dialect.ANTHROPIC);
      case 5 -> new StreamEvent.ReasoningHidden(text(), Dialect.OPENAI_RESPONSES);
      case 6 -> new StreamEvent.RefusalStarted();
      case 7 -> new StreamEvent.Aside(Dialect.OPENAI_CHAT, "kind", json());
      default ->
          random.nextBoolean()
              ? new StreamEvent.ToolCallStarted(random.nextInt(5), "id", text())
              : new StreamEvent.ToolArgumentsDelta(random.nextInt(2), text());
    };
  }

  private TokenLogprob logprob() {
    List<Byte> bytes = List.of((byte) random.nextInt(256), (byte) 0x80);
    var top = new TokenLogprob.Top(text(), -random.nextDouble(), bytes);
    return new TokenLogprob(text(), -random.nextDouble(9), List.of(), List.of(top, top));
  }

  private JsonText json() {
    return new JsonText("{\"x\": " + random.nextInt() + "}");
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }
}
