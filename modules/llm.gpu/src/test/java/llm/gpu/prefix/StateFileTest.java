package llm.gpu.prefix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import llm.gpu.adapter.AdapterSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: a saved prefix is whole or is not read")
class StateFileTest {
  private static final Origin MODEL = new Origin("a model", "its content", Map.of("poet", "x"));
  private static final AdapterSet POET = AdapterSet.parse("poet=0.5").orElseThrow();
  private static final int TOKENS_AT = 40;
  private static final int STATE_BYTES_AT = 48;

  /** The file of three tokens and so many bytes of state. */
  private static MemorySegment file(int stateBytes, AdapterSet adapters, Arena arena) {
    MemorySegment state = arena.allocate(stateBytes).fill((byte) 1);
    var parts = StateFile.parts(MODEL, new int[] {5, 6, 7}, adapters, state, arena);
    MemorySegment file =
        arena.allocate(parts.stream().mapToLong(MemorySegment::byteSize).sum(), Long.BYTES);
    long at = 0;
    for (MemorySegment part : parts) {
      file.asSlice(at, part.byteSize()).copyFrom(part);
      at += part.byteSize();
    }
    return file;
  }

  @Test
  void whatIsWrittenIsRead() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment file = file(21, AdapterSet.NONE, arena);

      assertThat(file.byteSize()).isEqualTo(StateFile.size(3, AdapterSet.NONE, 21));
      assertThat(StateFile.parse(MODEL, file))
          .hasValueSatisfying(content -> {
            assertThat(content.tokens()).containsExactly(5, 6, 7);
            assertThat(content.adapters()).isEqualTo(AdapterSet.NONE);
            assertThat(content.state().byteSize()).isEqualTo(21);
          });
      assertThat(StateFile.parse(new Origin("another", "its content", Map.of()), file)).isEmpty();
      assertThat(StateFile.parse(new Origin("a model", "another content", Map.of()), file))
          .isEmpty();
    }
  }

  @Test
  void whatWasComputedWithAnAdapterIsOfThatOneOnly() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment file = file(21, POET, arena);

      assertThat(file.byteSize()).isEqualTo(StateFile.size(3, POET, 21));
      assertThat(StateFile.parse(MODEL, file))
          .hasValueSatisfying(content -> assertThat(content.adapters()).isEqualTo(POET));
      for (Map<String, String> others : List.of(Map.<String, String>of(), Map.of("poet", "y"))) {
        assertThat(StateFile.parse(new Origin("a model", "its content", others), file)).isEmpty();
      }
      AdapterSet gone = AdapterSet.parse("gone=1").orElseThrow();
      assertThat(StateFile.parts(MODEL, new int[] {5}, gone, arena.allocate(1), arena)).isEmpty();
    }
  }

  @Test
  void countsThatDoNotFitTheFileAreRefusedWhateverTheyAre() {
    try (Arena arena = Arena.ofConfined()) {
      long[] odd = {
        Long.MIN_VALUE, -8, -4, -1, 0, 1, 2, 4, 5, 7, 1L << 31, 1L << 32, Long.MAX_VALUE
      };
      for (int stateBytes : new int[] {1, 4, 12}) {
        for (long tokens : odd) {
          for (long state : odd) {
            MemorySegment file = file(stateBytes, AdapterSet.NONE, arena);
            file.set(JAVA_LONG, TOKENS_AT, tokens);
            file.set(JAVA_LONG, STATE_BYTES_AT, state);

            assertThat(StateFile.parse(MODEL, file)).as("%d and %d", tokens, state).isEmpty();
            int half = (int) file.byteSize() - stateBytes - 4;
            assertThat(StateFile.parse(MODEL, file.asSlice(0, half))).isEmpty();
          }
        }
      }
    }
  }
}
