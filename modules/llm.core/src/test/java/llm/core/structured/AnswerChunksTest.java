package llm.core.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.concurrent.CallScope;
import llm.core.schema.JsonLimits;
import llm.core.schema.PartialJson.Framing;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("C-2, C-3: what the user sees of an answer")
class AnswerChunksTest {
  private static final long SEED = Long.getLong("seed", 20_261_121);
  private static final String META = "{\"is_safe\":true,\"aggression_score\":0.25,";
  private static final String SECRET = "he is rude";

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);

  @Test
  void metadataComeFirstThenWhatTheAnswerGrowsBy() throws Exception {
    assertThat(
            drain(
                "{\"is_safe\":true,\"aggre",
                "ssion_score\":0.2",
                "5,\"internal",
                "_thought\":\"he is ru",
                "de\",\"answer\":\"He",
                "llo 😀",
                "\\n",
                "!\"}"))
        .containsExactly(
            chunk("", Optional.of(true), Optional.of(0.25)),
            chunk("He"),
            chunk("llo 😀"),
            chunk("\n"),
            chunk("!"),
            new AnswerEvent.Done(
                new LlmStreamChunk("", true, Optional.of(true), Optional.of(0.25)),
                "Hello 😀\n!",
                FinishReason.STOP,
                Scripts.USAGE));
  }

  @Test
  void anAnswerThatComesAtOnceHasItsMetadataInTheFirstChunk() throws Exception {
    assertThat(drain(META + "\"answer\":\"Hi\"}"))
        .containsExactly(chunk("Hi", Optional.of(true), Optional.of(0.25)), done("Hi"));
  }

  @Test
  void anAnswerBeforeItsMetadataWaitsForThem() throws Exception {
    assertThat(drain("{\"answer\":\"Hi\"", ",\"is_safe\":true,\"aggression_score\":0.25", "}"))
        .containsExactly(chunk("Hi", Optional.of(true), Optional.of(0.25)), done("Hi"));
  }

  @Test
  void anEmptyAnswerIsAnAnswer() throws Exception {
    assertThat(drain(META + "\"answer\":\"\"}"))
        .containsExactly(chunk("", Optional.of(true), Optional.of(0.25)), done(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        META + "\"internal_thought\":\"he is rude\",\"he is rude\":1",
        META + "\"internal_thought\":\"he is rude\",\"answer\":\"a\",\"internal_thought\"",
        META + "\"internal_thought\":\"he is rude\" he is rude",
        META + "\"internal_thought\":\"he is rude",
        META + "\"internal_thought\":\"he is rude\\",
        "he is rude"
      })
  void theThoughtIsInNoEventAndInNoError(String answer) throws Exception {
    var events = drain(answer);
    assertThat(events.toString()).doesNotContain(SECRET).doesNotContain("rude");
    assertThat(events.getLast())
        .isInstanceOfSatisfying(
            AnswerEvent.Failed.class,
            failed -> {
              assertThat(failed.error()).isInstanceOf(LlmError.InvalidAnswer.class);
              assertThat(failed.error().message()).contains("expected ").doesNotContain("found");
            });
  }

  @Test
  void aScoreOutOfRangeIsNamed() throws Exception {
    assertThat(drain("{\"is_safe\":true,\"aggression_score\":1.5,").getLast())
        .isEqualTo(
            new AnswerEvent.Failed(
                new LlmError.InvalidAnswer(
                    "aggression_score", "aggression_score: expected a number from 0 to 1 (at 38)"),
                Usage.of(7, 39)));
  }

  @Test
  void aCancelledAnswerEndsSo() throws Exception {
    call.cancel(CancelReason.USER);
    assertThat(drain(META).getLast())
        .isEqualTo(new AnswerEvent.Cancelled(CancelReason.USER, Usage.of(7, 0)));
  }

  @Test
  void whateverTheCutTheChunksTogetherAreTheAnswer() throws Exception {
    String answer = "שלום 😀 \\\"quoted\\\" \\ud83d\\ude00\\n".repeat(3);
    String json = META + "\"internal_thought\":\"he is rude\",\"answer\":\"" + answer + "\"}";
    String told = "שלום 😀 \"quoted\" 😀\n".repeat(3);
    for (int round = 0; round < 500; round++) {
      var random = new Random(SEED + round);
      var pieces = new ArrayList<String>();
      for (int at = 0; at < json.length(); ) {
        int next = Math.min(json.length(), at + 1 + random.nextInt(9));
        pieces.add(json.substring(at, next));
        at = next;
      }
      try (CallScope each = Calls.open(clock)) {
        var events = drain(Scripts.saying(each, clock, pieces.toArray(String[]::new)));
        String where = "-Dseed=%d, round %d: %s".formatted(SEED, round, pieces);
        assertThat(texts(events)).as(where).isEqualTo(told);
        assertThat(events.getLast()).as(where).isEqualTo(done(told));
        assertThat(((AnswerEvent.Chunk) events.getFirst()).chunk().isSafe()).contains(true);
        assertThat(events.toString()).doesNotContain(SECRET);
      }
    }
  }

  @Test
  void aMillionCharactersComeInPiecesOfFew() throws Exception {
    var pieces = new String[250_000]; // each copied with all before it, they were 125 GB
    java.util.Arrays.fill(pieces, "wor ");
    pieces[0] = META + "\"answer\":\"";
    pieces[pieces.length - 1] = "\"}";
    var events = drain(pieces);
    assertThat(texts(events)).isEqualTo("wor ".repeat(pieces.length - 2));
    assertThat(events).hasSize(pieces.length);
  }

  private static String texts(List<AnswerEvent> events) {
    var text = new StringBuilder();
    for (AnswerEvent event : events) {
      if (event instanceof AnswerEvent.Chunk(LlmStreamChunk chunk)) {
        text.append(chunk.textChunk());
      }
    }
    return text.toString();
  }

  private static AnswerEvent chunk(String text) {
    return chunk(text, Optional.empty(), Optional.empty());
  }

  private static AnswerEvent chunk(String text, Optional<Boolean> safe, Optional<Double> score) {
    return new AnswerEvent.Chunk(new LlmStreamChunk(text, false, safe, score));
  }

  private static AnswerEvent done(String answer) {
    return new AnswerEvent.Done(
        new LlmStreamChunk("", true, Optional.of(true), Optional.of(0.25)),
        answer,
        FinishReason.STOP,
        Scripts.USAGE);
  }

  private List<AnswerEvent> drain(String... pieces) throws Exception {
    return drain(Scripts.saying(call, clock, pieces));
  }

  private static List<AnswerEvent> drain(EventStream<StreamEvent> upstream) throws Exception {
    return Scripts.drain(of(upstream), AnswerEvent.Terminal.class);
  }

  private static AnswerChunks of(EventStream<StreamEvent> upstream) {
    return AnswerChunks.of(upstream, Framing.EXACT, JsonLimits.ANSWER);
  }
}
