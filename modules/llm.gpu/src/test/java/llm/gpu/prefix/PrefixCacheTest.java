package llm.gpu.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import llm.gpu.adapter.AdapterSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: a prompt that begins like another is not computed again")
class PrefixCacheTest {
  private static final PrefixLimits WIDE = limits(4, 1000, 500);

  private ReferenceMemory memory = new ReferenceMemory(8, true);
  private PrefixCache cache = new PrefixCache(memory, none(memory), WIDE, true);

  private void limit(int sequences, PrefixLimits limits, boolean cutsBack) {
    memory = new ReferenceMemory(sequences, cutsBack);
    cache = new PrefixCache(memory, none(memory), limits, cutsBack);
  }

  private static PrefixLimits limits(int sequences, int tokens, int pinnedTokens) {
    return new PrefixLimits(sequences, tokens, pinnedTokens, 10_000);
  }

  private static PrefixShelf none(ReferenceMemory memory) {
    return new PrefixShelf(memory, 0, () -> {});
  }

  /** The state of {@code tokens}. */
  private static MemorySegment state(int[] tokens, Arena arena) {
    var elsewhere = new ReferenceMemory(1, true);
    for (int i = 0; i < tokens.length; i++) {
      elsewhere.compute(0, i, tokens[i]);
    }
    MemorySegment state = arena.allocate(elsewhere.stateBytes(0));
    elsewhere.saveState(0, state);
    return state;
  }

  /** Tokens {@code from} to {@code to}, exclusive. */
  private static int[] tokens(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  private static int[] join(int[] one, int[] other) {
    return IntStream.concat(Arrays.stream(one), Arrays.stream(other)).toArray();
  }

  private TokenSequence read(int[] prompt) {
    TokenSequence sequence = cache.begin(prompt, AdapterSet.NONE);
    for (int i = sequence.computed(); i < sequence.count(); i++) {
      memory.compute(sequence.id(), i, sequence.token(i));
    }
    sequence.advance(sequence.remaining());
    return sequence;
  }

  private TokenSequence readAndKeep(int[] prompt) {
    TokenSequence sequence = read(prompt);
    cache.keep(sequence);
    return sequence;
  }

  @Test
  void theNextTurnOfAConversationTakesOverTheOneBefore() {
    TokenSequence first = readAndKeep(tokens(0, 50));
    TokenSequence next = cache.begin(tokens(0, 80), AdapterSet.NONE);

    assertThat(next.computed()).isEqualTo(50);
    assertThat(next.id()).isEqualTo(first.id());
    assertThat(cache.sequencesInUse()).isEqualTo(1);
  }

  @Test
  void theLastTokenOfAPromptIsAlwaysComputed() {
    readAndKeep(tokens(0, 50));

    assertThat(cache.begin(tokens(0, 50), AdapterSet.NONE).computed()).isEqualTo(49);
  }

  @Test
  void aPromptThatPartsEarlySharesAndLeavesTheOther() {
    TokenSequence kept = readAndKeep(tokens(0, 100));
    TokenSequence begun = cache.begin(join(tokens(0, 40), tokens(500, 520)), AdapterSet.NONE);

    assertThat(begun.computed()).isEqualTo(40);
    assertThat(begun.id()).isNotEqualTo(kept.id());
    assertThat(cache.kept()).containsExactly(kept);
    assertThat(memory.sequence(kept.id())).hasSize(100);
    assertThat(memory.sequence(begun.id())).hasSize(40);
  }

  @Test
  void oneInWorkIsSharedBySeveral() {
    TokenSequence working = read(tokens(0, 60));
    TokenSequence one = cache.begin(join(tokens(0, 50), tokens(200, 210)), AdapterSet.NONE);
    TokenSequence other = cache.begin(join(tokens(0, 50), tokens(300, 310)), AdapterSet.NONE);

    assertThat(one.computed()).isEqualTo(50);
    assertThat(other.computed()).isEqualTo(50);
    assertThat(IntStream.of(working.id(), one.id(), other.id()).distinct()).hasSize(3);
  }

  @Test
  void aFewTokensInCommonAreComputedAgain() {
    readAndKeep(tokens(0, 50));
    int[] prompt = join(tokens(0, PrefixCache.MIN_TOKENS - 1), tokens(500, 550));

    assertThat(cache.begin(prompt, AdapterSet.NONE).computed()).isZero();
  }

  @Test
  void whatIsCoveredByAnotherIsNotKeptTwice() {
    readAndKeep(tokens(0, 50));
    TokenSequence sibling = read(tokens(0, 50));
    TokenSequence longer = readAndKeep(tokens(0, 70));
    cache.keep(sibling);

    assertThat(cache.kept()).containsExactly(longer);
    assertThat(cache.sequencesInUse()).isEqualTo(1);
  }

  @Test
  void theLeastRecentlyUsedIsGivenUpFirst() {
    limit(8, limits(2, 1000, 500), true);
    TokenSequence oldest = readAndKeep(tokens(0, 50));
    TokenSequence middle = readAndKeep(tokens(100, 150));
    TokenSequence again = readAndKeep(join(tokens(0, 20), tokens(700, 730))); // uses the oldest

    assertThat(cache.kept()).containsExactly(oldest, again);
    assertThat(memory.sequence(middle.id())).isEmpty();
  }

  @Test
  void noMoreTokensAreKeptThanTheLimitSays() {
    limit(8, limits(4, 120, 500), true);
    readAndKeep(tokens(0, 50));
    readAndKeep(tokens(100, 150));
    assertThat(cache.keptTokens()).isEqualTo(100);
    readAndKeep(tokens(200, 250));

    assertThat(cache.keptTokens()).isEqualTo(100);
    assertThat(cache.begin(tokens(0, 51), AdapterSet.NONE).computed()).isZero();
  }

  @Test
  void aLimitOfNothingKeepsNothing() {
    limit(8, limits(4, 0, 500), true);
    readAndKeep(tokens(0, 50));

    assertThat(cache.kept()).isEmpty();
    assertThat(cache.sequencesInUse()).isEqualTo(0);
  }

  @Test
  void aPinnedOneStaysWhateverComes() {
    limit(4, limits(2, 100, 500), true);
    TokenSequence pinned = read(tokens(0, 90));
    assertThat(cache.pin(pinned)).isTrue();
    cache.keep(pinned);
    for (int i = 1; i < 20; i++) {
      readAndKeep(tokens(1000 * i, 1000 * i + 60));
    }
    while (cache.evict()) {
      assertThat(cache.kept()).contains(pinned);
    }

    assertThat(cache.kept()).containsExactly(pinned);
    assertThat(cache.begin(tokens(0, 91), AdapterSet.NONE).computed()).isEqualTo(90);
    assertThat(memory.sequence(pinned.id())).as("shared, not taken over").hasSize(90);
    cache.unpin(pinned);
    assertThat(cache.evict()).isTrue();
    assertThat(cache.kept()).isEmpty();
  }

  @Test
  void pinsHaveAShareOfTheMemoryAndOfTheSequences() {
    limit(8, limits(2, 1000, 100), true);
    TokenSequence large = read(tokens(0, 101));
    assertThat(cache.pin(large)).isFalse();
    TokenSequence one = read(tokens(200, 240));
    TokenSequence two = read(tokens(300, 340));
    TokenSequence three = read(tokens(400, 410));

    assertThat(cache.pin(one)).isTrue();
    assertThat(cache.pin(two)).isTrue();
    assertThat(cache.pin(three)).as("a third of two sequences").isFalse();
    assertThat(cache.pin(one)).as("once more").isTrue();
    assertThat(cache.pinnedTokens()).isEqualTo(80);
    cache.unpin(one);
    assertThat(cache.pinnedTokens()).as("one of its two pins is left").isEqualTo(80);
    cache.unpin(one);
    assertThat(cache.pinnedTokens()).isEqualTo(40);
  }

  @Test
  void oneThatIsNotWhollyComputedIsKeptAsFarAsItIs() {
    TokenSequence half = cache.begin(tokens(0, 100), AdapterSet.NONE);
    for (int i = 0; i < 30; i++) {
      memory.compute(half.id(), i, i);
    }
    half.advance(30);
    cache.keep(half);

    assertThat(half.count()).isEqualTo(30);
    assertThat(cache.begin(tokens(0, 100), AdapterSet.NONE).computed()).isEqualTo(30);
  }

  @Test
  void aDroppedOneIsForgotten() {
    TokenSequence lost = read(tokens(0, 50));
    cache.drop(lost);

    assertThat(memory.sequence(lost.id())).isEmpty();
    assertThat(cache.sequencesInUse()).isEqualTo(0);
  }

  @Test
  void aMemoryThatCannotBeCutOnlyGoesOnWithAWholeSequence() {
    limit(8, WIDE, false);
    TokenSequence kept = readAndKeep(tokens(0, 50));

    TokenSequence same = cache.begin(tokens(0, 50), AdapterSet.NONE);
    assertThat(same.computed()).as("one token would have to be cut").isZero();
    cache.drop(same);
    assertThat(cache.begin(join(tokens(0, 40), tokens(90, 99)), AdapterSet.NONE).computed())
        .isZero();
    TokenSequence next = cache.begin(tokens(0, 60), AdapterSet.NONE);
    assertThat(next.computed()).isEqualTo(50);
    assertThat(next.id()).isEqualTo(kept.id());
    assertThat(cache.begin(tokens(0, 70), AdapterSet.NONE).computed())
        .as("it is in work now")
        .isZero();
  }

  @Test
  void whenEverySequenceIsInWorkThereIsNone() {
    limit(2, WIDE, true);
    cache.begin(tokens(0, 10), AdapterSet.NONE);
    cache.begin(tokens(100, 110), AdapterSet.NONE);

    assertThatThrownBy(() -> cache.begin(tokens(200, 210), AdapterSet.NONE))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theOnlyOneThatIsLeftIsTakenForAPromptThatBeginsLikeIt() {
    limit(2, WIDE, true);
    TokenSequence working = read(tokens(500, 550));
    readAndKeep(tokens(0, 100));
    TokenSequence begun = cache.begin(join(tokens(0, 40), tokens(200, 210)), AdapterSet.NONE);

    assertThat(begun.id()).isNotEqualTo(working.id());
    assertThat(begun.computed()).isEqualTo(40);
  }

  @Test
  void anAdoptedOneIsKeptAtOnceAndPushesNothingOut() {
    limit(4, limits(2, 100, 50), true);
    TokenSequence kept = readAndKeep(tokens(0, 50));

    try (Arena arena = Arena.ofConfined()) {
      assertThat(adopt(tokens(100, 151), arena)).as("51 beside 50 of 100").isFalse();
      assertThat(adopt(tokens(100, 150), arena)).isTrue();
      assertThat(cache.kept()).hasSize(2).endsWith(kept);
      assertThat(adopt(tokens(200, 201), arena)).as("a third of two").isFalse();
    }
    assertThat(cache.begin(tokens(100, 160), AdapterSet.NONE).computed()).isEqualTo(50);
  }

  private boolean adopt(int[] tokens, Arena arena) {
    return cache.adopt(tokens, AdapterSet.NONE, state(tokens, arena));
  }
}
