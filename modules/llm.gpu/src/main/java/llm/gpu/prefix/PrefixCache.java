package llm.gpu.prefix;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.llama.Sequences;

/**
 * Gives out the sequences of a context, and keeps those that are done with for prompts that begin
 * alike.
 *
 * <ul>
 *   <li>A prompt gets the longest common prefix with any sequence there is, in work or kept,
 *       without computing or copying it; its last token is always computed, for its logits.
 *   <li>What was computed with other adapters is another thing, and nothing of it is in common.
 *   <li>A kept sequence that the prompt goes on from is taken over; any other is shared.
 *   <li>Kept sequences are given up least recently used first: when there are more than {@link
 *       PrefixLimits} allows, when a new request needs a number, and when the pool is full ({@link
 *       #evict}). Pinned ones are never.
 *   <li>What is given up goes to the {@link PrefixShelf}, where that takes it. So do all but the
 *       one used last when kept sequences hold more than a small part of the pool, for each place
 *       in use slows down every step. A prompt is filled from there where that saves enough tokens
 *       and the pool has room for it without sharing.
 * </ul>
 *
 * <p>Where a memory cannot be cut ({@code cutsBack} false: recurrent models), only a kept sequence
 * that is wholly a prefix is used, by taking it over. One thread.
 */
public final class PrefixCache {
  /** Common tokens below this are computed again: sharing them is not worth a sequence. */
  static final int MIN_TOKENS = 8;

  /** The tail of a kept sequence that is cut off rather than kept beside its successor. */
  private static final int MAX_TAIL = 16;

  /** Tokens that a state from the shelf must save beside what the pool has: it is copied. */
  private static final int MIN_GAIN = 32;

  private final Sequences memory;
  private final PrefixShelf shelf;
  private final PrefixLimits limits;
  private final boolean cutsBack;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final List<TokenSequence> all = new ArrayList<>(); // in work or kept
  private long tick;

  /**
   * Over the sequences of {@code memory}, all of them empty.
   *
   * @param shelf the states of the same memory; its owner closes it
   */
  public PrefixCache(Sequences memory, PrefixShelf shelf, PrefixLimits limits, boolean cutsBack) {
    this.memory = memory;
    this.shelf = shelf;
    this.limits = limits;
    this.cutsBack = cutsBack;
    for (int id = 0; id < memory.sequences(); id++) {
      free.add(id);
    }
  }

  /**
   * A sequence for {@code prompt}, which is then in work. {@link TokenSequence#computed()} tells
   * how much of it was there.
   *
   * @param prompt 1 token or more
   * @param adapters what it is computed with
   * @throws IllegalStateException when every sequence is in work or pinned
   */
  public TokenSequence begin(int[] prompt, AdapterSet adapters) {
    TokenSequence begun = fromShelf(prompt, adapters).orElseGet(() -> fromPool(prompt, adapters));
    begun.activate(true);
    begun.used(++tick);
    return begun;
  }

  /**
   * Places of the pool that must be there for {@code prompt} to be computed: those of the prompt,
   * of the sequences in work and of the pinned ones, and one for the next token of each in work. A
   * place that several share counts once; what is only kept can be given up and does not count.
   *
   * @param given sequences in work that would be given up for it
   */
  public int need(int[] prompt, AdapterSet adapters, Set<TokenSequence> given) {
    Cells.Branch places =
        longestMatch(prompt, adapters)
            .map(match -> match.sequence().places().at(match.common()))
            .orElseGet(Cells.Branch::first);
    return Occupancy.needed(all, given, places, prompt.length + 1);
  }

  /** Ends work on a sequence and keeps what is computed of it, if that may be worth it. */
  public void keep(TokenSequence sequence) {
    sequence.activate(false);
    sequence.settle();
    sequence.used(++tick);
    if (!sequence.isPinned() && (sequence.computed() < MIN_TOKENS || isCovered(sequence))) {
      forget(sequence);
      return;
    }
    for (TokenSequence other : List.copyOf(all)) {
      if (other != sequence && other.isIdle() && isPrefix(other, sequence)) {
        forget(other);
      }
    }
    trim();
  }

  /** Ends work on a sequence and forgets it. */
  public void drop(TokenSequence sequence) {
    sequence.activate(false);
    forget(sequence);
  }

  /**
   * Gives up the kept sequence that was used least recently, to the shelf where that takes it.
   *
   * @return false when there is none that may be given up
   */
  public boolean evict() {
    Optional<TokenSequence> oldest = kept().stream().filter(TokenSequence::isIdle).findFirst();
    oldest.ifPresent(sequence -> {
      shelf.put(sequence);
      forget(sequence);
    });
    return oldest.isPresent();
  }

  /**
   * Keeps a sequence until it is unpinned, whatever comes.
   *
   * @return false when it would be more than {@link PrefixLimits#pinnedTokens}, or pinned sequences
   *     would leave none to keep others in
   */
  public boolean pin(TokenSequence sequence) {
    if (!sequence.isPinned()
        && (pinnedTokens() + sequence.computed() > limits.pinnedTokens()
            || pinnedCount() >= limits.sequences())) {
      return false;
    }
    sequence.pin();
    return true;
  }

  /** Takes one pin back. */
  public void unpin(TokenSequence sequence) {
    sequence.unpin();
    sequence.used(++tick);
    trim();
  }

  /** Kept sequences, least recently used first. */
  public List<TokenSequence> kept() {
    return all.stream()
        .filter(sequence -> !sequence.isActive())
        .sorted(Comparator.comparingLong(TokenSequence::lastUse))
        .toList();
  }

  /** Tokens of the kept sequences, each counted in full. */
  public int keptTokens() {
    return all.stream().filter(one -> !one.isActive()).mapToInt(TokenSequence::computed).sum();
  }

  /** How much is kept. */
  public PrefixLimits limits() {
    return limits;
  }

  /** Tokens that are pinned. */
  public int pinnedTokens() {
    return all.stream().filter(TokenSequence::isPinned).mapToInt(TokenSequence::computed).sum();
  }

  /** Sequences in work or kept. */
  public int sequencesInUse() {
    return all.size();
  }

  /** What does not fit here. */
  PrefixShelf shelf() {
    return shelf;
  }

  /**
   * Keeps {@code state}, that of {@code tokens} computed with {@code adapters}, from elsewhere, as
   * one that was used less recently than all there are: in the pool while little is kept there,
   * else on the shelf.
   *
   * @return false when keeping it would push out what is there, or it was refused
   */
  public boolean adopt(int[] tokens, AdapterSet adapters, MemorySegment state) {
    boolean small = all.isEmpty() || keptTokens() + tokens.length <= limits.smallPlaces();
    return !small && shelf.putLast(tokens, adapters, state)
        || adoptInPool(tokens, adapters, state)
        || shelf.putLast(tokens, adapters, state);
  }

  private boolean adoptInPool(int[] tokens, AdapterSet adapters, MemorySegment state) {
    boolean fits =
        !free.isEmpty()
            && kept().size() < limits.sequences()
            && keptTokens() + tokens.length <= limits.tokens();
    if (!fits) {
      return false;
    }
    long oldest = all.stream().mapToLong(TokenSequence::lastUse).min().orElse(++tick);
    TokenSequence adopted = fresh(tokens, adapters, Cells.Branch.first());
    if (!shelf.restore(state, adopted.id())) {
      forget(adopted);
      return false;
    }
    adopted.advance(tokens.length);
    adopted.used(oldest - 1);
    return true;
  }

  private record Match(TokenSequence sequence, int common) {}

  private Optional<Match> longestMatch(int[] prompt, AdapterSet adapters) {
    Match best = null;
    for (TokenSequence sequence : all) {
      int common = Math.min(prompt.length - 1, sequence.commonPrefix(prompt, adapters));
      boolean better = common >= MIN_TOKENS && (best == null || common > best.common());
      boolean usable = cutsBack || sequence.isIdle() && common == sequence.computed();
      if (better && usable && memory.reaches(sequence.id(), common)) {
        best = new Match(sequence, common);
      }
    }
    return Optional.ofNullable(best);
  }

  private TokenSequence fromPool(int[] prompt, AdapterSet adapters) {
    Optional<Match> best = longestMatch(prompt, adapters);
    return best.flatMap(match -> takenOver(match, prompt))
        .or(() -> best.filter(_ -> cutsBack).map(match -> shared(match, prompt)))
        .orElseGet(() -> fresh(prompt, adapters, Cells.Branch.first()));
  }

  /** One that is filled from the shelf, where that saves more than the pool does. */
  private Optional<TokenSequence> fromShelf(int[] prompt, AdapterSet adapters) {
    int inPool = longestMatch(prompt, adapters).map(Match::common).orElse(0);
    return shelf
        .longestMatch(prompt, adapters)
        .filter(match -> match.common() >= inPool + MIN_GAIN)
        .filter(match -> fitsUnshared(Math.max(prompt.length + 1, match.entry().count())))
        .flatMap(match -> filled(match, prompt));
  }

  private boolean fitsUnshared(int places) {
    return Occupancy.needed(all, Set.of(), Cells.Branch.first(), places) <= limits.poolTokens();
  }

  private Optional<TokenSequence> filled(PrefixShelf.Match match, int[] prompt) {
    PrefixShelf.Entry entry = match.entry();
    if (free.isEmpty() && !evict()) {
      return Optional.empty();
    }
    shelf.takeOut(entry); // so that what is evicted for it does not push it out
    while (Occupancy.held(all) + entry.count() > limits.poolTokens() && evict()) {
      // until there is room
    }
    TokenSequence sequence = fresh(prompt, entry.adapters(), Cells.Branch.first());
    sequence.activate(true);
    boolean filled = shelf.restore(entry.state(), sequence.id());
    while (!filled && evict()) {
      filled = shelf.restore(entry.state(), sequence.id());
    }
    boolean tailed = entry.count() > match.common();
    boolean usable =
        filled
            && (!tailed || memory.cut(sequence.id(), match.common()))
            && memory.reaches(sequence.id(), match.common());
    if (usable && entry.count() - match.common() > MAX_TAIL) {
      shelf.putBack(entry); // another prompt may go on from its tail
    } else {
      shelf.free(entry);
    }
    if (!usable) {
      drop(sequence);
      return Optional.empty();
    }
    sequence.advance(match.common());
    shelf.takenBack();
    return Optional.of(sequence);
  }

  /** The matched sequence itself, when it is free and little of it would be lost. */
  private Optional<TokenSequence> takenOver(Match match, int[] prompt) {
    TokenSequence sequence = match.sequence();
    int tail = sequence.computed() - match.common();
    boolean worthKeeping = tail > MAX_TAIL && hasRoomBeside(sequence);
    if (!sequence.isIdle() || worthKeeping || tail > 0 && !cutsBack) {
      return Optional.empty();
    }
    if (tail > 0 && !memory.cut(sequence.id(), match.common())) {
      return Optional.empty();
    }
    sequence.become(prompt, match.common());
    return Optional.of(sequence);
  }

  private boolean hasRoomBeside(TokenSequence sequence) {
    return !free.isEmpty() || all.stream().anyMatch(one -> one != sequence && one.isIdle());
  }

  private TokenSequence shared(Match match, int[] prompt) {
    boolean wasActive = match.sequence().isActive();
    match.sequence().activate(true); // so that it is not the one given up
    TokenSequence source = match.sequence();
    TokenSequence sequence = fresh(prompt, source.adapters(), source.places().at(match.common()));
    match.sequence().activate(wasActive);
    match.sequence().used(++tick);
    memory.share(match.sequence().id(), sequence.id(), match.common());
    sequence.advance(match.common());
    return sequence;
  }

  private TokenSequence fresh(int[] prompt, AdapterSet adapters, Cells.Branch places) {
    if (free.isEmpty() && !evict()) {
      throw new IllegalStateException("every sequence is in work or pinned");
    }
    var sequence = new TokenSequence(free.remove(), prompt, adapters, places);
    all.add(sequence);
    return sequence;
  }

  private void forget(TokenSequence sequence) {
    memory.cut(sequence.id(), 0);
    all.remove(sequence);
    free.add(sequence.id());
  }

  private void trim() {
    while ((kept().size() > limits.sequences() || keptTokens() > limits.tokens()) && evict()) {
      // until what is kept is within its limits, or all of it is pinned
    }
    if (!shelf.isNone()) {
      shelve();
    }
  }

  /** Moves what is kept to the shelf, but for the one used last, until little is left. */
  private void shelve() {
    List<TokenSequence> idle = kept().stream().filter(TokenSequence::isIdle).toList();
    for (TokenSequence sequence : idle.subList(0, Math.max(0, idle.size() - 1))) {
      if (Occupancy.idle(all) > limits.smallPlaces() && shelf.put(sequence)) {
        forget(sequence);
      }
    }
  }

  /** Whether a kept sequence holds all of {@code sequence}, and maybe more. */
  private boolean isCovered(TokenSequence sequence) {
    for (TokenSequence other : all) {
      if (other != sequence && !other.isActive() && cutsBack && isPrefix(sequence, other)) {
        other.used(++tick);
        return true;
      }
    }
    return false;
  }

  private static boolean isPrefix(TokenSequence shorter, TokenSequence longer) {
    return shorter.computed() <= longer.computed()
        && shorter.adapters().equals(longer.adapters())
        && shorter.commonPrefix(longer) == shorter.computed();
  }

  private int pinnedCount() {
    return (int) all.stream().filter(TokenSequence::isPinned).count();
  }
}
