package llm.server.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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

    var answer = lab.ask(front, feature.wish(), back.model, cell.stream());

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
    assertThat(told).isEqualTo(front.tells(back.vendor.says(feature.told())));
    assertThat(
            answer
                .headers()
                .firstValue("x-llm-lost")
                .map(s -> List.of(s.split(", ")))
                .orElse(List.of()))
        .isEqualTo(Design.lost(cell.front(), back, feature));
  }
}
