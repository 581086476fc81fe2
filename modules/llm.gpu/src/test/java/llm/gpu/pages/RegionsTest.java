package llm.gpu.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import llm.gpu.pages.Regions.Region;
import org.junit.jupiter.api.Test;

class RegionsTest {
  private static final Regions BEFORE =
      Regions.parse(
          Stream.of(
              "00400000-00401000 r-xp 00000000 fe:00 26  /usr/bin/java",
              "10000000-20000000 rw-p 00000000 00:00 0 ",
              "30000000-30001000 rw-p 00000000 00:00 0   [heap]"));

  private static List<Region> found(String... lines) {
    return Regions.parse(Stream.of(lines)).newSince(BEFORE);
  }

  @Test
  void findsWhatIsNew() {
    assertThat(
            found(
                "10000000-20000000 rw-p 00000000 00:00 0",
                "7f0000000000-7f0000100000 rw-p 00000000 00:00 0"))
        .containsExactly(new Region(0x7f0000000000L, 0x7f0000100000L, true));
  }

  @Test
  void findsTheNewPartsOfAMappingThatGrewOnBothSides() {
    assertThat(found("0f000000-21000000 rw-p 00000000 00:00 0"))
        .containsExactly(
            new Region(0x0f000000, 0x10000000, true), new Region(0x20000000, 0x21000000, true));
  }

  @Test
  void leavesOutFilesNamedMappingsAndWhatCannotBeWritten() {
    assertThat(
            found(
                "7f0000000000-7f0000100000 rw-p 00000000 fe:00 4711 /tmp/model.gguf",
                "7f0000200000-7f0000300000 r--p 00000000 00:00 0",
                "7f0000400000-7f0000500000 rw-s 00000000 00:00 0",
                "7f0000600000-7f0000700000 rw-p 00000000 00:00 0 [stack]"))
        .isEmpty();
  }

  @Test
  void leavesOutWhatItDoesNotUnderstand() {
    assertThat(
            Regions.parse(Stream.of("", "no line of maps", "ffffffffffffffffff-0 rw-p 0 0:0 0"))
                .all())
        .isEmpty();
  }
}
