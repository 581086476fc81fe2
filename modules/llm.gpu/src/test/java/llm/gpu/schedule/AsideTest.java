package llm.gpu.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@DisplayName("P-1: the thread that reads long texts")
class AsideTest {
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Aside aside = new Aside(4, telemetry.log("test"));
  private final List<String> trail = new CopyOnWriteArrayList<>();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private volatile Thread thread;

  /** A text of some parts, which tells when the last one is read. */
  private final class Parts implements Aside.Text {
    private final String name;
    private final int count;
    private final CountDownLatch read = new CountDownLatch(1);
    private volatile boolean wanted = true;
    private int done;

    private Parts(String name, int count) {
      this.name = name;
      this.count = count;
    }

    @Override
    public boolean isWanted() {
      return wanted;
    }

    @Override
    public boolean readPart() {
      trail.add(name + ++done);
      if (done == count) {
        read.countDown();
      }
      return done < count;
    }
  }

  /** Holds the thread until {@link #goOn}. */
  private final class Holding implements Aside.Text {
    @Override
    public boolean isWanted() {
      return true;
    }

    @Override
    public boolean readPart() {
      thread = Thread.currentThread();
      begun.countDown();
      await(goOn);
      return false;
    }
  }

  @AfterEach
  void close() {
    goOn.countDown();
    aside.close();
  }

  @Test
  void textsTakeTurnsAPartEach() throws Exception {
    var large = new Parts("large", 3);
    var small = new Parts("small", 1);
    hold();
    aside.add(large);
    aside.add(small);
    goOn.countDown();

    await(large.read);
    assertThat(trail).containsExactly("large1", "small1", "large2", "large3");
  }

  @Test
  void aTextTooManyIsRefusedAndOneThatNobodyWantsLeavesItsPlaceUnread() throws Exception {
    var left = new Parts("left", 1);
    var last = new Parts("last", 1);
    hold();
    aside.add(new Parts("a", 1));
    aside.add(left);
    aside.add(new Parts("b", 1));
    assertThatThrownBy(() -> aside.add(last))
        .isInstanceOfSatisfying(
            LlmException.class,
            full ->
                assertThat(full.error())
                    .isEqualTo(new LlmError.QueueFull("local texts", 4, Duration.ofSeconds(1))));

    left.wanted = false;
    aside.add(last);
    goOn.countDown();
    await(last.read);
    assertThat(trail).containsExactly("a1", "b1", "last1");
  }

  @Test
  void aBugInOneTextHarmsNoOther() throws Exception {
    var after = new Parts("after", 1);
    aside.add(
        new Aside.Text() {
          @Override
          public boolean isWanted() {
            return true;
          }

          @Override
          public boolean readPart() {
            throw new IllegalStateException("a bug");
          }
        });
    aside.add(after);

    await(after.read);
    assertThat(telemetry.trail()).containsExactly("text_not_read");
  }

  @Test
  void closingDropsWhatWaitsAndEndsTheThread() throws Exception {
    hold();
    aside.add(new Parts("never", 1));
    aside.close();
    goOn.countDown();

    assertThat(aside.join(Duration.ofSeconds(30))).isTrue();
    assertThat(thread.isAlive()).isFalse();
    assertThat(trail).isEmpty();
    assertThatThrownBy(() -> aside.add(new Parts("late", 1)))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> assertThat(refused.error()).isInstanceOf(LlmError.ShuttingDown.class));
  }

  private void hold() throws LlmException {
    aside.add(new Holding());
    await(begun);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
