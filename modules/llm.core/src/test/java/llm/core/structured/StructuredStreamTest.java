package llm.core.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.concurrent.CallScope;
import llm.core.schema.JsonLimits;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.RecordType;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("C-3: a model's answer as values of a record, while it comes")
class StructuredStreamTest {
  private static final long SEED = Long.getLong("seed", 20_261_121);

  record City(String name, Optional<Integer> people, List<String> rivers) {}

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);

  @Test
  void partialsComeWithTheEventsThatChangeThemAndTheWholeComesLast() throws Exception {
    Optional<Integer> unknown = Optional.empty();
    assertThat(
            drain(
                Scripts.saying(
                    call,
                    clock,
                    "{\"name\":\"Pa",
                    "ris\"",
                    ",\"people\":21",
                    "00000,",
                    "\"rivers\":[\"Se",
                    "ine\"]}",
                    "\n")))
        .containsExactly(
            partial(new City("Pa", unknown, List.of())),
            partial(new City("Paris", unknown, List.of())),
            partial(new City("Paris", Optional.of(2_100_000), List.of())),
            partial(new City("Paris", Optional.of(2_100_000), List.of("Se"))),
            partial(new City("Paris", Optional.of(2_100_000), List.of("Seine"))),
            new StructuredEvent.Complete<>(
                new City("Paris", Optional.of(2_100_000), List.of("Seine")),
                FinishReason.STOP,
                Scripts.USAGE));
  }

  @Test
  void whatDoesNotFitEndsTheModelsStreamAtOnce() throws Exception {
    var events =
        drain(Scripts.saying(call, clock, "{\"name\":\"Pa", "ris\",\"people\":\"", "many"));
    assertThat(events.getLast())
        .isEqualTo(
            new StructuredEvent.Failed<City>(
                new LlmError.InvalidAnswer(
                    "people",
                    "people: expected an integer of 32 bits or null, found a string (at 25)"),
                Usage.of(7, 26)));
    assertThat(call.cancelled()).contains(CancelReason.CLOSED);
  }

  @ParameterizedTest
  @CsvSource({
    "STOP, ''",
    "LENGTH, '; the answer was cut by its token limit: raise max_tokens'",
    "CONTENT_FILTER, '; the answer was cut by the provider''s content filter'",
    "TOOL_CALLS, '; the model called tools instead'"
  })
  void anEndThatComesTooEarlySaysWhy(FinishReason reason, String why) throws Exception {
    var end = new StreamEvent.Done(reason, Scripts.USAGE);
    assertThat(drain(Scripts.ending(call, clock, end, "{\"name\":\"Pa")).getLast())
        .isEqualTo(
            new StructuredEvent.Failed<City>(
                new LlmError.InvalidAnswer(
                    "name",
                    "name: expected the end of the string, or characters from U+0020 on, found the"
                        + " end of the text (at 11)"
                        + why),
                Scripts.USAGE));
  }

  @Test
  void aValueThatIsCompleteIsGoodThoughWhatFollowedWasCut() throws Exception {
    var end = new StreamEvent.Done(FinishReason.LENGTH, Scripts.USAGE);
    var upstream =
        Scripts.ending(call, clock, end, "```json\n{\"name\":\"P\",\"rivers\":[]}\n``` Als");
    var stream =
        StructuredStream.of(
            upstream, RecordType.of(City.class), Framing.SURROUNDED, JsonLimits.ANSWER);
    assertThat(Scripts.drain(stream, StructuredEvent.Terminal.class).getLast())
        .isEqualTo(
            new StructuredEvent.Complete<>(
                new City("P", Optional.empty(), List.of()), FinishReason.LENGTH, Scripts.USAGE));
  }

  @Test
  void theModelsFailureAndACancellationComeThrough() throws Exception {
    var error = new LlmError.ProviderFailed("mock", "Broken.");
    var broken = new StreamEvent.Failed(error, Scripts.USAGE);
    assertThat(drain(Scripts.ending(call, clock, broken, "{")).getLast())
        .isEqualTo(new StructuredEvent.Failed<City>(error, Scripts.USAGE));
    call.cancel(CancelReason.USER);
    assertThat(drain(Scripts.saying(call, clock, "{\"name\":\"")).getLast())
        .isEqualTo(new StructuredEvent.Cancelled<City>(CancelReason.USER, Usage.of(7, 0)));
  }

  @Test
  void aStreamThatThrowsEndsAsFailed() throws Exception {
    var gone = new LlmError.ProviderUnreachable("up", "Gone.");
    assertThat(drain(new ThrowingStream(gone)).getLast())
        .isEqualTo(new StructuredEvent.Failed<City>(gone, Usage.NONE));
  }

  @Test
  void readyMeansThatAnEventCanBeTakenAndNotThatTheModelSaidSomething() throws Exception {
    var stream = of(Scripts.saying(call, clock, "  ", "{\"name\":\"P", "\",\"rivers\":[]}"));
    assertThat(stream.hasReady()).isTrue();
    assertThat(stream.next()).isInstanceOf(StructuredEvent.Partial.class);
    assertThat(stream.hasReady()).isTrue();
    assertThat(stream.next()).isInstanceOf(StructuredEvent.Complete.class);
    assertThat(stream.hasReady()).isFalse();
    assertThatThrownBy(stream::next).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anyCutOfTheAnswerGivesTheSameValuesOnTheWayToTheSameEnd() throws Exception {
    String json =
        "{\"name\":\"é 😀 \\u05e9\\ud83d\\ude00 \\n\",\"people\":-0,\"rivers\":[\"a\",\"\",\"b\"]}";
    var whole = new City("é 😀 ש😀 \n", Optional.of(0), List.of("a", "", "b"));
    var byCharacter = drain(Scripts.saying(call, clock, json.split("")));
    for (int round = 0; round < 500; round++) {
      var random = new Random(SEED + round);
      var pieces = new java.util.ArrayList<String>();
      for (int at = 0; at < json.length(); ) {
        int next = Math.min(json.length(), at + 1 + random.nextInt(6));
        pieces.add(json.substring(at, next));
        at = next;
      }
      try (CallScope each = Calls.open(clock)) {
        var events = drain(Scripts.saying(each, clock, pieces.toArray(String[]::new)));
        assertThat(events.getLast())
            .as("-Dseed=%d, round %d: %s", SEED, round, pieces)
            .isEqualTo(new StructuredEvent.Complete<>(whole, FinishReason.STOP, Scripts.USAGE));
        assertThat(events.get(events.size() - 2)).isEqualTo(partial(whole));
        assertThat(byCharacter).containsSubsequence(events);
      }
    }
  }

  private record ThrowingStream(LlmError error) implements EventStream<StreamEvent> {
    @Override
    public StreamEvent next() throws LlmException {
      throw new LlmException(error);
    }

    @Override
    public boolean hasReady() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static StructuredEvent<City> partial(City city) {
    return new StructuredEvent.Partial<>(city);
  }

  private static StructuredStream<City> of(EventStream<StreamEvent> upstream) {
    return StructuredStream.of(
        upstream, RecordType.of(City.class), Framing.EXACT, JsonLimits.ANSWER);
  }

  private static List<StructuredEvent<City>> drain(EventStream<StreamEvent> upstream)
      throws Exception {
    return Scripts.drain(of(upstream), StructuredEvent.Terminal.class);
  }
}
