package llm.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** C-11: the sandbox shows this module's work. */
@Timeout(60)
class CoreSandboxTest {

  @Test
  void tellsEveryScene() throws Exception {
    var telemetry = new RecordingTelemetry();
    new CoreSandbox(telemetry).run();
    assertThat(telemetry.trail())
        .contains("config_read", "log_line", "metric", "llm_request_created", "stream_end")
        .endsWith("sandbox_done");
    assertThat(telemetry.events("config_problem").stream().map(e -> e.text("text").orElseThrow()))
        .containsExactly(
            "example.yml:2: telemetry.level: loud must be debug | info | warn | error | audit",
            "example.yml:3: telemetry.ring_line: is not a setting; did you mean"
                + " telemetry.ring_lines?",
            "example.yml:6: telemetri: is not a setting; did you mean telemetry?",
            "environment LLM_TELEMETRY_RING_LINES: telemetry.ring_lines: 12 must be integer, 64 to"
                + " 1000000");
    assertThat(telemetry.events("config_warning")).hasSize(1);
    assertThat(telemetry.events("event_subscriber_failed")).hasSize(1);
    assertThat(telemetry.events("call_cancelled").getFirst().text("reason")).contains("DEADLINE");
    assertThat(telemetry.events("stream_event").stream().map(e -> e.text("kind").orElseThrow()))
        .containsExactly("TextDelta", "Failed");
  }

  @Test
  void showsStructuredAnswersWhileTheyCome() throws Exception {
    var telemetry = new RecordingTelemetry();
    new CoreSandbox(telemetry).run();
    assertThat(texts(telemetry, "answer_chunk", "text"))
        .startsWith("")
        .satisfies(
            chunks -> assertThat(String.join("", chunks)).isEqualTo("Hello 😀, what may I do?"));
    assertThat(telemetry.trail()).doesNotContain("structured_broken");
    assertThat(texts(telemetry, "structured_partial", "value"))
        .contains("Trip[city=Ulm, days=Optional[12], with=[A]]");
    assertThat(texts(telemetry, "structured_complete", "value"))
        .containsExactly("Trip[city=Ulm, days=Optional[12], with=[Ada]]");
    assertThat(texts(telemetry, "structured_failed", "text"))
        .containsExactly(
            "The model's answer does not fit its schema: days: expected an integer from 1 to 90 or"
                + " null, found a string (at 21).");
  }

  private static List<String> texts(RecordingTelemetry telemetry, String event, String field) {
    return telemetry.events(event).stream().map(e -> e.text(field).orElseThrow()).toList();
  }
}
