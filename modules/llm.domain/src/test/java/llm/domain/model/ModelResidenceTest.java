package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.model.ModelResidence.Place;
import org.junit.jupiter.api.Test;

class ModelResidenceTest {

  @Test
  void placesHaveNamesOnTheWire() {
    assertThat(List.of(Place.values()))
        .extracting(Place::wireName)
        .containsExactly("unloaded", "loading", "loaded", "unloading");
  }

  @Test
  void aStandingKeepsItsOwnLists() {
    var model =
        new ModelResidence(
            "local", Place.LOADED, 1, 10, 11, 0, "", 512, 0, 0, Optional.empty(), Optional.empty());
    var memory =
        new MemoryStanding.Memory(
            "ram", "RAM", 3, 2, 1, OptionalInt.empty(), OptionalInt.empty(), Optional.empty());
    var models = new ArrayList<>(List.of(model));
    var memories = new ArrayList<>(List.of(memory));
    var notes = new ArrayList<>(List.of("note"));
    var standing = new MemoryStanding(models, memories, notes);
    models.clear();
    memories.clear();
    notes.clear();

    assertThat(standing.models()).containsExactly(model);
    assertThat(standing.memories()).containsExactly(memory);
    assertThat(standing.notes()).containsExactly("note");
  }
}
