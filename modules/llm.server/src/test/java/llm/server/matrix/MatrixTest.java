package llm.server.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("P-1…P-4: every dialect before every provider, over real sockets")
class MatrixTest {
  @TempDir static Path folder;
  private static Lab lab;

  @BeforeAll
  static void start() throws Exception {
    lab = new Lab(folder);
  }

  @AfterAll
  static void end() throws Exception {
    lab.close();
  }

  record Cell(String front, String back, String feature, boolean stream) {
    @Override
    public String toString() {
      return "%s before %s: %s, %s"
          .formatted(front, back, feature, stream ? "streamed" : "in one piece");
    }
  }

  static Stream<Cell> cells() {
    var cells = new ArrayList<Cell>();
    for (String front : Lab.FRONTS.keySet()) {
      for (String back : Design.BACKS) {
        for (Feature feature : Feature.ALL.values()) {
          if (Design.canAsk(front, feature)) {
            cells.add(new Cell(front, back, feature.name(), false));
            cells.add(new Cell(front, back, feature.name(), true));
          }
        }
      }
    }
    return cells.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cells")
  void aFeatureComesThroughOrIsRefused(Cell cell) throws Exception {
    Front front = Lab.FRONTS.get(cell.front());
    Back back = lab.back(cell.back());
    Feature feature = Feature.ALL.get(cell.feature());
    back.answers(feature.told(), cell.stream(), new Random(cell.hashCode()));

    Wish marked =
        feature
            .wish()
            .each(said ->
                Stream.of(
                    said instanceof Said.Thought(String text, String proof)
                        ? new Said.Thought(text, front.proof(back.vendor.proves(), proof))
                        : said));
    var answer = lab.ask(front, marked, back.model, cell.stream());

    Optional<String> refused = Design.refusal(cell.front(), back, feature);
    if (refused.isPresent()) {
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
      Front.Error error = front.error(Json.parse(answer.body()));
      assertThat(error.type())
          .contains("unsupported".equals(error.type()) ? "" : "invalid_request");
      assertThat(error.message()).contains(refused.get());
      assertThat(back.wasAsked()).isFalse();
      return;
    }
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(back.asked()).isEqualTo(back.vendor.takes(front.says(feature.wish())));
    Told told =
        cell.stream()
            ? front.stream(Front.events(answer.body()))
            : front.whole(Json.parse(answer.body()));
    Told said = back.vendor.says(feature.told());
    Told expected =
        front.tells(
            said.withThoughts(
                said.thoughts(), front.proof(back.vendor.proves(), said.signature())));
    assertThat(told).isEqualTo(expected);
    assertThat(
            answer
                .headers()
                .firstValue("x-llm-lost")
                .map(s -> List.of(s.split(", ")))
                .orElse(List.of()))
        .isEqualTo(Design.lost(cell.front(), back, feature));
  }

  record Failing(String front, String back, Design.Fault fault, boolean stream) {
    @Override
    public String toString() {
      return "%s before %s: %s, %s"
          .formatted(
              front,
              back,
              fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
              stream ? "streamed" : "in one piece");
    }
  }

  static Stream<Failing> faults() {
    var cells = new ArrayList<Failing>();
    for (String front : Lab.FRONTS.keySet()) {
      for (String back : Design.BACKS) {
        for (Design.Fault fault : Design.Fault.values()) {
          cells.add(new Failing(front, back, fault, true));
          if (fault != Design.Fault.SAID_IN_ANSWER) {
            cells.add(new Failing(front, back, fault, false));
          }
        }
      }
    }
    return cells.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void aFaultIsToldOnceInTheWordsOfTheDialect(Failing cell) throws Exception {
    Front front = Lab.FRONTS.get(cell.front());
    Back back = lab.back(cell.back());
    Feature text = Feature.ALL.get("text");
    Design.Fault fault = cell.fault();
    if (fault.isRefusal()) {
      back.refuses(fault);
    } else {
      back.breaks(fault, text.told(), cell.stream(), new Random(cell.hashCode()));
    }

    var answer = lab.ask(front, text.wish(), back.model, cell.stream());

    boolean begun = cell.stream() && !fault.isRefusal();
    assertThat(answer.statusCode())
        .as(answer.body())
        .isEqualTo(begun ? 200 : fault.status(cell.front()));
    Front.Error error =
        begun
            ? front.lastError(Front.events(answer.body()))
            : front.error(Json.parse(answer.body()));
    assertThat(error.type()).startsWith(fault.type(cell.front(), back));
    assertThat(error.message()).isNotBlank();
    assertThat(answer.headers().firstValue("retry-after"))
        .isEqualTo(
            fault.isRefusal() && fault != Design.Fault.TOO_LONG
                ? Optional.of("7")
                : Optional.empty());
    if (fault == Design.Fault.OUR_KEY) {
      assertThat(answer.body()).doesNotContain("sk-test");
    }
  }

  static Stream<Arguments> pairs() {
    return Lab.FRONTS.keySet().stream()
        .flatMap(front -> Design.BACKS.stream().map(back -> Arguments.of(front, back)));
  }

  @ParameterizedTest(name = "{0} before {1}: a client that leaves in the middle of a stream")
  @MethodSource("pairs")
  void theUpstreamIsLeftWhenTheClientLeaves(String name, String behind) throws Exception {
    Back back = lab.back(behind);
    Feature text = Feature.ALL.get("text");
    var left = new Gate();
    left.open();
    back.answers(back.begun(text.told(), new Random(1)).awaitClose().pause(left));

    try (InputStream stream = lab.open(Lab.FRONTS.get(name), text.wish(), back.model).body()) {
      var seen = new StringBuilder();
      while (seen.indexOf("2 em") < 0) {
        int next = stream.read();
        assertThat(next).as("ended: " + seen).isNotNegative();
        seen.append((char) next);
      }
    }

    left.awaitReached();
    lab.awaitIdle();
  }

  @ParameterizedTest(name = "{0} before {1}: a client that leaves before there is an answer")
  @MethodSource("pairs")
  void theUpstreamIsLeftWhenNobodyWaits(String name, String behind) throws Exception {
    Back back = lab.back(behind);
    var asked = new Gate();
    var left = new Gate();
    asked.open();
    left.open();
    back.answers(Reply.nothing().pause(asked).awaitClose().pause(left));

    var answer = lab.begin(Lab.FRONTS.get(name), Feature.ALL.get("text").wish(), back.model, false);
    asked.awaitReached();
    answer.cancel(true);

    left.awaitReached();
    lab.awaitIdle();
  }

  static Stream<Arguments> mocked() {
    return Lab.FRONTS.keySet().stream()
        .flatMap(front ->
            Feature.ALL.values().stream()
                .filter(feature -> Design.canAsk(front, feature))
                .map(feature -> Arguments.of(front, feature.name())));
  }

  @ParameterizedTest(name = "{0} before mock: {1}, streamed and in one piece")
  @MethodSource("mocked")
  void theMockSaysTheSameEitherWayOrRefuses(String name, String asked) throws Exception {
    Front front = Lab.FRONTS.get(name);
    Feature feature = Feature.ALL.get(asked);
    boolean calls = !feature.wish().tools().isEmpty() && !feature.isSecondTurn();
    String model = calls ? "mock-demo" : "mock";

    var whole = lab.ask(front, feature.wish(), model, false);
    var streamed = lab.ask(front, feature.wish(), model, true);

    Optional<String> refused = Design.mockRefusal(name, feature);
    if (refused.isPresent()) {
      for (var answer : List.of(whole, streamed)) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(front.error(Json.parse(answer.body())).message()).contains(refused.get());
      }
      return;
    }
    assertThat(whole.statusCode()).as(whole.body()).isEqualTo(200);
    Told told = front.whole(Json.parse(whole.body()));
    Told events = front.stream(Front.events(streamed.body()));
    if (calls) {
      assertThat(told.calls()).hasSize(1).first().extracting(Said.Call::name).isEqualTo("weather");
      assertThat(told.end()).isEqualTo("tool_calls");
      assertThat(events.calls()).extracting(Said.Call::name).containsExactly("weather");
    } else {
      assertThat(told.text()).startsWith("Echo: ");
      assertThat(events).isEqualTo(told);
    }
    assertThat(told.counts().prompt()).isPositive();
    assertThat(events.counts()).isEqualTo(told.counts());
  }

  @Test
  void theDocumentHasTheMatrix() throws Exception {
    Path document = Path.of("../../docs/dialects.md");
    assertThat(Files.readString(document)).contains(Design.table(lab.backs));
  }
}
