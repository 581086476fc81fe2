package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditDistanceTest {

  @ParameterizedTest
  @CsvSource({"'', '', 0", "abc, abc, 0", "abc, '', 3", "port, prot, 1", "kitten, sitting, 3"})
  void countsEditsAndSwaps(String left, String right, int distance) {
    assertThat(EditDistance.distance(left, right)).isEqualTo(distance);
    assertThat(EditDistance.distance(right, left)).isEqualTo(distance);
  }

  @Test
  void findsTheNearestOrNone() {
    var known = List.of("server.port", "server.host", "telemetry.level");
    assertThat(EditDistance.nearest("server.prot", 4, known)).contains("server.port");
    assertThat(EditDistance.nearest("servr.hst", 9, known)).contains("server.host");
    assertThat(EditDistance.nearest("server.extra", 5, known)).isEmpty();
    assertThat(EditDistance.nearest("entirely.different", 99, known)).isEmpty();
    assertThat(EditDistance.nearest("x", 1, List.of("a", "ab"))).isEmpty();
    assertThat(EditDistance.nearest("x".repeat(200), 200, known)).isEmpty();
    assertThat(EditDistance.nearest("ab", 2, List.of("x".repeat(200)))).isEmpty();
  }
}
