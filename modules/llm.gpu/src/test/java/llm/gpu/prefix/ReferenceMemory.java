package llm.gpu.prefix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import llm.gpu.llama.SequenceStates;
import llm.gpu.llama.Sequences;

/** What a context would remember, token by token; every use of it that llama.cpp forbids fails. */
final class ReferenceMemory implements Sequences, SequenceStates {
  private final List<List<Integer>> sequences = new ArrayList<>();
  private final List<List<Object>> places = new ArrayList<>(); // of the same tokens, by identity
  private final int[] from; // where each begins for the layers with a window
  private final boolean cutsBack;
  private final int pool;
  private final int window; // 0: none
  private final List<MemorySegment> seen = new ArrayList<>();
  private boolean refuses;

  ReferenceMemory(int sequences, boolean cutsBack) {
    this(sequences, cutsBack, Integer.MAX_VALUE, 0);
  }

  /** One of so many places, some of whose layers look back {@code window} tokens; 0: all of it. */
  ReferenceMemory(int sequences, boolean cutsBack, int pool, int window) {
    this.cutsBack = cutsBack;
    this.pool = pool;
    this.window = window;
    this.from = new int[sequences];
    for (int i = 0; i < sequences; i++) {
      this.sequences.add(new ArrayList<>());
      this.places.add(new ArrayList<>());
    }
  }

  /** Whether it says no to every state from now on. */
  void refuses(boolean now) {
    refuses = now;
  }

  @Override
  public int sequences() {
    return sequences.size();
  }

  @Override
  public void share(int source, int target, int count) {
    assertThat(cutsBack).as("a memory that cannot be cut cannot be shared in part").isTrue();
    assertThat(target).as("sequence %d shares with itself", source).isNotEqualTo(source);
    assertThat(sequence(target)).as("target %d of a share", target).isEmpty();
    assertThat(count).as("share of %d", source).isBetween(1, sequence(source).size());
    sequence(target).addAll(sequence(source).subList(0, count));
    places.get(target).addAll(places.get(source).subList(0, count));
    from[target] = from[source];
  }

  @Override
  public boolean cut(int sequence, int count) {
    List<Integer> tokens = sequence(sequence);
    assertThat(count).as("cut of %d", sequence).isBetween(0, tokens.size());
    if (count > 0 && !cutsBack) {
      return false;
    }
    tokens.subList(count, tokens.size()).clear();
    places.get(sequence).subList(count, places.get(sequence).size()).clear();
    from[sequence] = count == 0 ? 0 : from[sequence];
    return true;
  }

  @Override
  public boolean reaches(int sequence, int count) {
    return !cutsBack || from[sequence] <= needed(count);
  }

  /** The first position that the token at {@code position} looks at. */
  private int needed(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }

  /** Gives away what no next token of a sequence looks at. */
  void forgetOld(int sequence) {
    from[sequence] = Math.max(from[sequence], needed(sequence(sequence).size()));
  }

  @Override
  public long stateBytes(int sequence) {
    return (long) Integer.BYTES * (1 + sequence(sequence).size());
  }

  @Override
  public boolean saveState(int sequence, MemorySegment target) {
    seen.add(target);
    if (target.byteSize() < stateBytes(sequence)) {
      return false;
    }
    List<Integer> tokens = sequence(sequence);
    int begin = window == 0 ? 0 : Math.max(0, tokens.size() - window);
    target.set(JAVA_INT, 0, Math.max(from[sequence], begin));
    for (int i = 0; i < tokens.size(); i++) {
      target.setAtIndex(JAVA_INT, i + 1, tokens.get(i));
    }
    return true;
  }

  @Override
  public boolean restoreState(int sequence, MemorySegment source) {
    seen.add(source);
    assertThat(sequence(sequence)).as("target %d of a state", sequence).isEmpty();
    int count = (int) (source.byteSize() / Integer.BYTES) - 1;
    if (refuses || placesHeld() + count > pool) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      sequence(sequence).add(source.getAtIndex(JAVA_INT, i + 1));
      places.get(sequence).add(new Object());
    }
    from[sequence] = source.get(JAVA_INT, 0);
    return true;
  }

  @Override
  public int leastOfState(int tokens) {
    if (!cutsBack) {
      return tokens;
    }
    return window == 0 || tokens < window ? 0 : tokens - 1;
  }

  /** Fails unless the memory of every state that was saved here or came from here is freed. */
  void requireAllStatesFreed() {
    assertThat(seen).noneMatch(state -> state.scope().isAlive());
  }

  /** Computes a token at {@code position}. */
  void compute(int sequence, int position, int token) {
    assertThat(position).as("position in %d", sequence).isEqualTo(sequence(sequence).size());
    assertThat(from[sequence])
        .as("what %d looks back at from %d", sequence, position)
        .isLessThanOrEqualTo(needed(position));
    assertThat(placesHeld()).as("places").isLessThan(pool);
    sequence(sequence).add(token);
    places.get(sequence).add(new Object());
  }

  /** All places that are in use. */
  int placesHeld() {
    return placesOf(IntStream.range(0, sequences.size()).boxed().toList());
  }

  /** The places that sequences hold, each once however many share it. */
  int placesOf(Collection<Integer> ids) {
    Set<Object> held = Collections.newSetFromMap(new IdentityHashMap<>());
    ids.forEach(id -> held.addAll(places.get(id)));
    return held.size();
  }

  /** What a sequence remembers. */
  List<Integer> sequence(int id) {
    assertThat(id).as("id of a sequence").isBetween(0, sequences.size() - 1);
    return sequences.get(id);
  }
}
