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
    assertThat(new ChunkSize(TARGET, 512).next(true)).isEqualTo(64);
    assertThat(new ChunkSize(TARGET, 512).next(false)).isEqualTo(64);
    assertThat(new ChunkSize(TARGET, 512).estimate(100)).isZero();
  }

  @Test
  void takesTheTargetWhereAnswersWaitAndFiveTimesThatWhereNoneDo() {
    var chunks = new ChunkSize(TARGET, 4096);
    chunks.took(100, 100 * MILLI); // 1 ms a token

    assertThat(chunks.next(true)).isEqualTo(100);
    assertThat(chunks.next(false)).isEqualTo(100 * ChunkSize.ALONE);
    assertThat(chunks.estimate(7)).isEqualTo(7.0 * MILLI);
  }

  @Test
  void isNeverMoreThanTheBatchNorLessThanWhatCostsTheSame() {
    var fast = new ChunkSize(TARGET, 512);
    fast.took(512, 1);
    var slow = new ChunkSize(TARGET, 512);
    slow.took(32, 32_000 * MILLI);

    assertThat(fast.next(true)).isEqualTo(512);
    assertThat(slow.next(true)).isEqualTo(ChunkSize.MIN_TOKENS);
    assertThat(new ChunkSize(TARGET, 8).next(true)).isEqualTo(8);
  }

  @Test
  void followsAMachineThatGetsSlowerWithoutJumping() {
    var chunks = new ChunkSize(TARGET, 4096);
    chunks.took(1000, 100 * MILLI);
    assertThat(chunks.next(true)).isEqualTo(1000);
    chunks.took(1000, 1000 * MILLI);
    int afterOne = chunks.next(true);
    for (int i = 0; i < 30; i++) {
      chunks.took(1000, 1000 * MILLI);
    }

    assertThat(afterOne).isBetween(101, 999);
    assertThat(chunks.next(true)).isEqualTo(100);
  }

  @Test
  void learnsNothingFromSmallSteps() {
    var chunks = new ChunkSize(TARGET, 512);
    chunks.took(ChunkSize.MIN_TOKENS - 1, 10_000 * MILLI);

    assertThat(chunks.next(true)).isEqualTo(64);
  }
}
