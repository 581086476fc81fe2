package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import llm.domain.port.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever looks at the log sees what is written, and cannot harm it. */
@Timeout(60)
class LineTapTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final JsonLines lines = new JsonLines(out, TelemetrySettings.DEFAULT, TimeSource.SYSTEM);
  private final Log log = lines.log("test");
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private void see(Level level, byte[] bytes, int from, int length) {
    seen.add(level + " " + new String(bytes, from, length, StandardCharsets.UTF_8));
  }

  private void flush() throws InterruptedException {
    assertThat(lines.flush(Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void seesTheVeryLinesWithTheirLevels() throws Exception {
    var tap = lines.tap(this::see);
    log.info("one").put("text", "ü\n").emit();
    log.debug("below the level").emit();
    log.warn("two").emit();
    flush();
    tap.close();
    log.info("three").emit();
    flush();
    lines.close();
    List<String> written = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(seen).containsExactly("INFO " + written.get(0), "WARN " + written.get(1));
    assertThat(written).hasSize(3);
  }

  @Test
  void thereIsOneAtATime() throws Exception {
    var tap = lines.tap(this::see);
    assertThatIllegalStateException().isThrownBy(() -> lines.tap(this::see));
    tap.close();
    lines.tap(this::see);
    log.info("seen").emit();
    flush();
    assertThat(seen).hasSize(1);
    lines.close();
  }

  @Test
  void oneThatThrowsIsTakenOffAndTheLogGoesOn() throws Exception {
    lines.tap((_, _, _, _) -> {
      throw new IllegalStateException("a bug");
    });
    log.info("one").emit();
    log.info("two").emit();
    flush();
    lines.close();
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(2);
    assertThat(lines.metrics().sum("log_tap_failures_total")).hasValue(1);
    assertThat(lines.metrics().sum("log_write_failures_total")).hasValue(0);
  }
}
