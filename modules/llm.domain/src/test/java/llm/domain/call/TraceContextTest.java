package llm.domain.call;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers as in https://www.w3.org/TR/trace-context/#traceparent-header. */
class TraceContextTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @ParameterizedTest
  @CsvSource({
    "00-" + TRACE + "-" + SPAN + "-01, true, 01",
    "00-" + TRACE + "-" + SPAN + "-00, false, 00",
    "00-" + TRACE + "-" + SPAN + "-03, true, 01",
    "cc-" + TRACE + "-" + SPAN + "-01-what-comes-later, true, 01"
  })
  void readsWhatTheStandardAllows(String header, boolean sampled, String flags) {
    var context = TraceContext.parse(header).orElseThrow();
    assertThat(context).isEqualTo(new TraceContext(TRACE, SPAN, sampled));
    assertThat(context.traceparent()).isEqualTo("00-" + TRACE + "-" + SPAN + "-" + flags);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-" + TRACE + "-" + SPAN,
        "00-" + TRACE + "-" + SPAN + "-01-more",
        "ff-" + TRACE + "-" + SPAN + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + SPAN + "-01",
        "00-00000000000000000000000000000000-" + SPAN + "-01",
        "00-" + TRACE + "-0000000000000000-01",
        "00_" + TRACE + "-" + SPAN + "-01",
        "00-" + TRACE + "_" + SPAN + "-01",
        "00-" + TRACE + "-" + SPAN + "_01",
        "00-" + TRACE + "-" + SPAN + "-0x",
        "0x-" + TRACE + "-" + SPAN + "-01",
        "0/-" + TRACE + "-" + SPAN + "-01",
        "0:-" + TRACE + "-" + SPAN + "-01",
        "cc-" + TRACE + "-" + SPAN + "-01.more"
      })
  void ignoresWhatTheStandardCallsInvalid(String header) {
    assertThat(TraceContext.parse(header)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "xyz, " + SPAN,
    TRACE + ", xyz",
    "00000000000000000000000000000000, " + SPAN,
    TRACE + ", 0000000000000000"
  })
  void refusesIdsThatAreNone(String traceId, String spanId) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TraceContext(traceId, spanId, true))
        .withMessage(
            "trace id '%s' and span id '%s' must be 32 and 16 lower-case hex digits, not all 0",
            traceId, spanId);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a=1|a=1",
        " rojo=00f067aa0ba902b7 ,, congo = t61|''",
        "rojo=00f067aa0ba902b7 ,,congo=t61|rojo=00f067aa0ba902b7,congo=t61",
        "1@b_-*/=~ !|1@b_-*/=~ !",
        "A=1|''",
        "a=|''",
        "=1|''",
        "a|''",
        "a=b=c|''",
        "a=\u00e4|''",
        "a=\u0001|''",
        "a=1\u00012|''",
        "{=1|''",
        "a.b=1|''"
      })
  void passesOnAStateThatTheStandardAllows(String header, String told) {
    assertThat(state(header)).isEqualTo(told);
  }

  @Test
  void leavesOutWhatIsBeyondTheStandardsLimits() {
    String many = IntStream.range(0, 33).mapToObj(i -> "k" + i + "=v").collect(joining(","));
    assertThat(state(many)).isEmpty();
    String longOne = "long=" + "v".repeat(200);
    String shorts =
        IntStream.range(0, 30).mapToObj(i -> "k" + i + "=" + "v".repeat(15)).collect(joining(","));
    assertThat(state(longOne + "," + shorts))
        .doesNotContain("long")
        .startsWith("k0=")
        .hasSizeLessThanOrEqualTo(512);
    assertThat(state("a=1," + longOne)).isEqualTo("a=1," + longOne);
    assertThat(state("k".repeat(257) + "=1")).isEmpty();
    assertThat(state("k=" + "v".repeat(257))).isEmpty();
  }

  private static String state(String header) {
    return TraceContext.parse("00-" + TRACE + "-" + SPAN + "-01", header).orElseThrow().state();
  }
}
