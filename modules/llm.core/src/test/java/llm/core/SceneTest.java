package llm.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-11: each part of the conversation core runs alone, without a key")
@Timeout(60)
class SceneTest {
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private List<String> play(String name) throws Exception {
    Scene.named(name).orElseThrow().run(telemetry);
    assertThat(telemetry.trail()).endsWith("sandbox_done");
    return telemetry.trail();
  }

  @Test
  void theConnectionIsShakenHandsOverAndPinged() throws Exception {
    assertThat(play("connection"))
        .containsSubsequence(
            "conn_handshake_start",
            "conn_handshake_finish",
            "keep_alive_ping_start",
            "keep_alive_ping_finish");
    assertThat(telemetry.events("conn_handshake_finish").getFirst().text("generation_ms"))
        .isPresent();
  }

  @Test
  void theClientShowsARequestAndItsStream() throws Exception {
    assertThat(play("client"))
        .containsSubsequence(
            "request_send", "first_token", "chunk", "chunk", "chunk", "chunk", "stream_end");
    assertThat(telemetry.events("text_chunk").getLast().text("is_final_chunk")).contains("true");
  }

  @Test
  void theContextShowsPromptsThatGrowAndTheirShareOfTheRoom() throws Exception {
    assertThat(play("context"))
        .containsExactly(
            "usage_ratio",
            "prompt",
            "usage_ratio",
            "usage_ratio",
            "prompt",
            "usage_ratio",
            "summary_prompt",
            "sandbox_done");
    var prompts =
        telemetry.events("prompt").stream().map(e -> e.text("text").orElseThrow()).toList();
    assertThat(prompts.get(0)).startsWith("system: Be brief.\n\nAnswer in English.");
    assertThat(prompts.get(1)).startsWith(prompts.get(0)).endsWith("user: And one back?\n");
  }

  @Test
  void theDualContextIsMadeReadyHandedOverAndCancelled() throws Exception {
    assertThat(play("dual"))
        .containsSubsequence(
            "warmup_start", "warmup_ready", "handover_perform", "warmup_start", "warmup_cancelled");
  }

  @Test
  void theManagerGoesOnInANewContextAndItsSummaryIsReadFromTheCache() throws Exception {
    assertThat(play("manager"))
        .containsSubsequence(
            "user_turn_start",
            "time_to_first_token_ms",
            "user_turn_finish",
            "warmup_start",
            "warmup_ready",
            "handover_perform",
            "summary_cache_check",
            "summary");
    assertThat(telemetry.events("summary").getLast().text("cached")).contains("true");
  }

  @Test
  void anotherNameIsNoScene() {
    assertThat(Scene.named("cliemt")).isEmpty();
  }
}
