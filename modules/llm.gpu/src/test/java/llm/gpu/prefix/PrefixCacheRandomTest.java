package llm.gpu.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import llm.gpu.adapter.AdapterSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-1: what a prompt is said to have in memory is there, whatever came before")
class PrefixCacheRandomTest {
  private static final int RUNS = 80;
  private static final int ROUNDS = 400;

  @ParameterizedTest
  @CsvSource({"true, 0", "true, 30", "false, 0"})
  void overThousandsOfRandomRequests(boolean cutsBack, int window) {
    int reused = 0;
    int takenBack = 0;
    for (long seed = 1; seed <= RUNS; seed++) {
      var run = new Run(seed, cutsBack, window);
      reused += run.all();
      takenBack += run.takenBack;
    }
    assertThat(reused).as("tokens found, seeds 1 to %d", RUNS).isGreaterThan(1000);
    assertThat(takenBack).as("from the shelf, seeds 1 to %d", RUNS).isGreaterThan(100);
  }

  /** An engine of {@code slots} that knows how much of each sequence it computed. */
  private static final class Run {
    private final String seed;
    private final SplittableRandom random;
    private final boolean cutsBack;
    private final int slots;
    private final PrefixLimits limits;
    private final ReferenceMemory memory;
    private final PrefixCache cache;
    private final List<TokenSequence> working = new ArrayList<>();
    private final List<TokenSequence> pins = new ArrayList<>(); // one entry for each pin
    private final List<int[]> prompts = new ArrayList<>(); // that came before
    private final int window;
    private final long shelfBytes;
    private final PrefixShelf shelf;
    private int reused;
    private int takenBack;

    private Run(long seed, boolean cutsBack, int window) {
      this.seed = "seed " + seed;
      this.random = new SplittableRandom(seed);
      this.cutsBack = cutsBack;
      this.slots = 1 + random.nextInt(5);
      int kept = random.nextInt(6);
      int pool = 200 + random.nextInt(1000);
      this.window = window;
      this.limits = new PrefixLimits(kept, random.nextInt(1000), random.nextInt(200), pool);
      this.memory = new ReferenceMemory(slots + kept, cutsBack, pool, window);
      this.shelfBytes = new long[] {0, 2_000, 20_000, 1_000_000}[random.nextInt(4)];
      this.shelf = new PrefixShelf(memory, shelfBytes, () -> takenBack++);
      this.cache = new PrefixCache(memory, shelf, limits, cutsBack);
    }

    private int all() {
      for (int round = 0; round < ROUNDS; round++) {
        act();
        check();
      }
      shelf.close();
      assertThat(shelf.bytes()).as(seed).isZero();
      assertThat(shelf.tokens()).as(seed).isZero();
      memory.requireAllStatesFreed();
      return reused;
    }

    private void act() {
      int dice = random.nextInt(20);
      memory.refuses(random.nextInt(20) == 0);
      if (dice < 6 && working.size() < slots) {
        begin(prompt());
      } else if (dice < 11 && !working.isEmpty()) {
        compute(any(working));
      } else if (dice < 15 && !working.isEmpty()) {
        end(any(working));
      } else if (dice < 17) {
        pin();
      } else if (dice < 19 && !pins.isEmpty()) {
        TokenSequence pinned = pins.remove(random.nextInt(pins.size()));
        cache.unpin(pinned);
      } else if (dice == 19) {
        evictOrAdopt();
        forgetOld();
      }
    }

    /** New, or like one before up to somewhere, or one before gone on. */
    private int[] prompt() {
      int[] like = prompts.isEmpty() ? new int[0] : any(prompts);
      int common = random.nextBoolean() ? like.length : random.nextInt(like.length + 1);
      common = random.nextInt(4) == 0 ? 0 : common;
      int[] prompt = new int[Math.min(150, common + 1 + random.nextInt(40))];
      for (int i = 0; i < prompt.length; i++) {
        prompt[i] = i < common ? like[i] : random.nextInt(3);
      }
      prompts.add(prompt);
      return prompt;
    }

    private AdapterSet anyAdapters() {
      return AdapterSet.parse(any(List.of("", "", "", "", "", "poet=1.0", "poet=0.5")))
          .orElseThrow();
    }

    /** What a memory holds of a token: with other adapters it is another thing. */
    private static int computed(int token, AdapterSet adapters) {
      return token + 10 * Math.floorMod(adapters.hashCode(), 100_000);
    }

    private void begin(int[] prompt) {
      AdapterSet adapters = anyAdapters();
      int need = cache.need(prompt, adapters, Set.of());
      if (need > limits.poolTokens()) {
        return; // it would not be let in
      }
      int before = takenBack;
      TokenSequence begun = cache.begin(prompt, adapters);
      assertThat(begun.computed()).as(seed).isLessThan(prompt.length);
      assertThat(begun.tokens()).as(seed).isEqualTo(prompt);
      assertThat(working).as(seed).doesNotContain(begun);
      reused += begun.computed();
      working.add(begun);
      if (takenBack == before) {
        assertThat(need).as(seed).isEqualTo(placesNeeded());
      }
      assertThat(placesNeeded()).as(seed).isLessThanOrEqualTo(limits.poolTokens());
    }

    /** By the memory itself, and what those in work still have to compute. */
    private int placesNeeded() {
      Set<Integer> held = new HashSet<>();
      pins.forEach(pinned -> held.add(pinned.id()));
      working.forEach(sequence -> held.add(sequence.id()));
      int more = working.stream().mapToInt(sequence -> sequence.remaining() + 1).sum();
      return memory.placesOf(held) + more;
    }

    private void compute(TokenSequence sequence) {
      if (sequence.remaining() == 0) {
        sequence.append(random.nextInt(3));
      }
      int more = 1 + random.nextInt(sequence.remaining());
      while (memory.placesHeld() + more > limits.poolTokens()) {
        if (!cache.evict()) {
          return; // it has to wait
        }
      }
      for (int i = 0; i < more; i++) {
        int position = sequence.computed() + i;
        int token = computed(sequence.token(position), sequence.adapters());
        memory.compute(sequence.id(), position, token);
      }
      sequence.advance(more);
    }

    private void end(TokenSequence sequence) {
      working.remove(sequence);
      if (random.nextInt(5) == 0 && !pins.contains(sequence)) {
        cache.drop(sequence);
      } else {
        prompts.add(sequence.computedTokens());
        cache.keep(sequence);
      }
      if (prompts.size() > 20) {
        prompts.remove(random.nextInt(10));
      }
    }

    /** As the engine does: what is in work and read, and then it is kept. */
    private void pin() {
      Optional<TokenSequence> read =
          working.stream().filter(one -> one.remaining() == 0 && !pins.contains(one)).findAny();
      read.ifPresent(sequence -> {
        if (cache.pin(sequence)) {
          pins.add(sequence);
        }
        working.remove(sequence);
        prompts.add(sequence.computedTokens());
        cache.keep(sequence);
      });
    }

    private void evictOrAdopt() {
      if (random.nextBoolean()) {
        int before = cache.kept().size();
        boolean evicted = cache.evict();
        assertThat(cache.kept()).as(seed).hasSize(before - (evicted ? 1 : 0));
        return;
      }
      List<TokenSequence> before = cache.kept();
      long onShelf = shelf.bytes();
      boolean adopted = adopt(prompt());
      assertThat(cache.kept()).as(seed).containsAll(before);
      assertThat(cache.kept().size() > before.size() || shelf.bytes() > onShelf)
          .as(seed)
          .isEqualTo(adopted);
    }

    /** A state as it comes from a file. */
    private boolean adopt(int[] tokens) {
      AdapterSet adapters = anyAdapters();
      var elsewhere = new ReferenceMemory(1, cutsBack, tokens.length, window);
      for (int i = 0; i < tokens.length; i++) {
        elsewhere.compute(0, i, computed(tokens[i], adapters));
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment state = arena.allocate(elsewhere.stateBytes(0), Integer.BYTES);
        elsewhere.saveState(0, state);
        return cache.adopt(tokens, adapters, state);
      }
    }

    /** A window's past is given away, sooner or later. */
    private void forgetOld() {
      List<TokenSequence> all = new ArrayList<>(cache.kept());
      all.addAll(working);
      if (!all.isEmpty()) {
        memory.forgetOld(any(all).id());
      }
    }

    private void check() {
      List<TokenSequence> kept = cache.kept();
      Set<Integer> ids = new HashSet<>();
      for (List<TokenSequence> each : List.of(kept, working)) {
        for (TokenSequence sequence : each) {
          assertThat(ids.add(sequence.id())).as("id of its own, %s", seed).isTrue();
          assertThat(memory.sequence(sequence.id()))
              .as("in memory, %s", seed)
              .isEqualTo(
                  Arrays.stream(sequence.computedTokens())
                      .mapToObj(token -> computed(token, sequence.adapters()))
                      .toList());
        }
      }
      assertThat(cache.sequencesInUse()).as(seed).isEqualTo(ids.size());
      for (int id = 0; id < memory.sequences(); id++) {
        assertThat(ids.contains(id) || memory.sequence(id).isEmpty()).as(seed).isTrue();
      }
      assertThat(kept).as("pinned stay, %s", seed).containsAll(pins);
      checkLimits(kept);
    }

    private void checkLimits(List<TokenSequence> kept) {
      int pinned = pins.stream().distinct().mapToInt(TokenSequence::computed).sum();
      assertThat(cache.pinnedTokens()).as(seed).isEqualTo(pinned);
      assertThat(pinned).as(seed).isLessThanOrEqualTo(limits.pinnedTokens());
      assertThat(kept.size()).as(seed).isLessThanOrEqualTo(limits.sequences());
      assertThat(cache.keptTokens())
          .as(seed)
          .isLessThanOrEqualTo(Math.max(limits.tokens(), pinned));
      assertThat(memory.placesHeld()).as(seed).isLessThanOrEqualTo(limits.poolTokens());
      assertThat(shelf.bytes()).as(seed).isBetween(0L, shelfBytes);
      long bytes = shelf.entries().stream().mapToLong(one -> 8L * one.count() + 4).sum();
      assertThat(shelf.bytes()).as(seed).isEqualTo(bytes);
      assertThat(shelf.tokens())
          .as(seed)
          .isEqualTo(shelf.entries().stream().mapToInt(PrefixShelf.Entry::count).sum());
    }

    private <T> T any(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }
  }
}
