package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llm.train.net.Score;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final AtomicLong clock = new AtomicLong(5);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void aTerminalHasOneLineThatIsWrittenAnew() {
    Progress progress = progress(true);
    progress.start(4);
    later(10);
    progress.step(1, new Score(3, 2, 1, 2), 500);
    progress.validated(new Score(1, 4, 3, 4));
    later(10);
    progress.step(2, new Score(3, 2, 1, 2), 500);

    assertThat(text())
        .isEqualTo(
            "\r[######..................] step 1/4 · loss 1.5000 · 50 tokens/s · 0:30 left  "
                + "\r[############............] step 2/4 · loss 1.5000 · validation 75.0 %"
                + " · 50 tokens/s · 0:20 left  ");
  }

  @Test
  void elsewhereThereIsALineNowAndThenAndOneAtTheEnd() {
    Progress progress = progress(false);
    progress.start(3);
    for (int step = 1; step <= 3; step++) {
      later(10);
      progress.step(step, new Score(1, 1, 0, 1), 100);
    }

    assertThat(text().lines()).hasSize(2).last().asString().contains("step 3/3", "0:00 left");
  }

  private Progress progress(boolean terminal) {
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Progress(out, clock::get, terminal);
  }

  private void later(int seconds) {
    clock.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
