package llm.gpu.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: the size of a prompt's chunk")
class ChunkSizeTest {
  private static final Duration TARGET = Duration.ofMillis(100);
  private static final long MILLI = 1_000_000;

  @Test
  void isModestWhileNothingIsKnown() {
    assertThat(new ChunkSize(TARGET, 512).next(3)).isEqualTo(61);
    assertThat(new ChunkSize(TARGET, 512).next(0)).isEqualTo(64);
    assertThat(new ChunkSize(TARGET, 512).estimate(100)).isZero();
  }

  @Test
  void takesTheTargetWhereAnswersWaitAndFiveTimesThatWhereNoneDo() {
    var chunks = new ChunkSize(TARGET, 4096);
    chunks.took(100, 66 * MILLI); // 151 tokens in the target

    assertThat(chunks.next(8)).as("with eight answers a multiple of 64").isEqualTo(128 - 8);
    assertThat(chunks.next(0)).isEqualTo(704);
    assertThat(chunks.estimate(100)).isEqualTo(66.0 * MILLI);
  }

  @Test
  void isAHalfOrAQuarterOfARowWhereARowTakesTooLong() {
    var slow = new ChunkSize(TARGET, 512);
    slow.took(64, 192 * MILLI); // 33 tokens in the target
    var slower = new ChunkSize(TARGET, 512);
    slower.took(64, 640 * MILLI); // 10

    assertThat(slow.next(2)).isEqualTo(30);
    assertThat(slower.next(2)).isEqualTo(14);
    assertThat(slower.next(0)).as("nobody waits").isEqualTo(64);
  }

  @Test
  void isNeverMoreThanTheBatchAndAlwaysSomething() {
    var fast = new ChunkSize(TARGET, 500);
    fast.took(500, 1);

    assertThat(fast.next(4)).isEqualTo(448 - 4);
    assertThat(new ChunkSize(TARGET, 8).next(0)).isEqualTo(8);
    assertThat(new ChunkSize(TARGET, 20).next(19)).isEqualTo(1);
    assertThat(new ChunkSize(TARGET, 100).next(80)).isEqualTo(8);
  }

  @Test
  void followsAMachineThatGetsSlowerWithoutJumping() {
    var chunks = new ChunkSize(TARGET, 4096);
    chunks.took(1000, 100 * MILLI);
    assertThat(chunks.next(1)).isEqualTo(960 - 1);
    chunks.took(1000, 1000 * MILLI);
    int afterOne = chunks.next(1);
    for (int i = 0; i < 30; i++) {
      chunks.took(1000, 1000 * MILLI);
    }

    assertThat(afterOne).isBetween(101, 900);
    assertThat(chunks.next(1)).isEqualTo(64 - 1);
  }

  @Test
  void learnsNothingFromSmallSteps() {
    var chunks = new ChunkSize(TARGET, 512);
    chunks.took(ChunkSize.MIN_TOKENS - 1, 10_000 * MILLI);

    assertThat(chunks.next(0)).isEqualTo(64);
  }
}
