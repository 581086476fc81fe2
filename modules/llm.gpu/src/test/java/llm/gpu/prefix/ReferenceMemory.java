package llm.gpu.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import llm.gpu.llama.Sequences;

/** What a context would remember, token by token; every use of it that llama.cpp forbids fails. */
final class ReferenceMemory implements Sequences {
  private final List<List<Integer>> sequences = new ArrayList<>();
  private final List<List<Object>> places = new ArrayList<>(); // of the same tokens, by identity
  private final boolean cutsBack;

  ReferenceMemory(int sequences, boolean cutsBack) {
    this.cutsBack = cutsBack;
    for (int i = 0; i < sequences; i++) {
      this.sequences.add(new ArrayList<>());
      this.places.add(new ArrayList<>());
    }
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
    return true;
  }

  /** Computes a token at {@code position}. */
  void compute(int sequence, int position, int token) {
    assertThat(position).as("position in %d", sequence).isEqualTo(sequence(sequence).size());
    sequence(sequence).add(token);
    places.get(sequence).add(new Object());
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
