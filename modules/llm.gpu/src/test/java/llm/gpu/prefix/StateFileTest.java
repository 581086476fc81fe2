package llm.gpu.prefix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: a saved prefix is whole or is not read")
class StateFileTest {
  private static final Origin MODEL = new Origin("a model", "its content");
  private static final int TOKENS_AT = 40;
  private static final int STATE_BYTES_AT = 48;

  /** The file of three tokens and so many bytes of state. */
  private static MemorySegment file(int stateBytes, Arena arena) {
    var parts =
        StateFile.parts(
            MODEL, new int[] {5, 6, 7}, arena.allocate(stateBytes).fill((byte) 1), arena);
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
      MemorySegment file = file(21, arena);

      assertThat(file.byteSize()).isEqualTo(StateFile.size(3, 21));
      assertThat(StateFile.parse(MODEL, file))
          .hasValueSatisfying(content -> {
            assertThat(content.tokens()).containsExactly(5, 6, 7);
            assertThat(content.state().byteSize()).isEqualTo(21);
          });
      assertThat(StateFile.parse(new Origin("another", "its content"), file)).isEmpty();
      assertThat(StateFile.parse(new Origin("a model", "another content"), file)).isEmpty();
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
            MemorySegment file = file(stateBytes, arena);
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
