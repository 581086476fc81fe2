package llm.gpu.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-1: a model's files are told apart by samples of their content")
class FileSampleTest {
  @TempDir Path folder;

  private Path sparse(String name, long size) throws IOException {
    Path file = folder.resolve(name);
    try (var made = new RandomAccessFile(file.toFile(), "rw")) {
      made.setLength(size);
    }
    return file;
  }

  private static void write(Path file, long at, byte[] bytes) throws IOException {
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(at);
      open.write(bytes);
    }
  }

  @Test
  void anyByteOfASmallFileCounts() throws Exception {
    long seed = 20_261_121;
    var random = new SplittableRandom(seed);
    byte[] bytes = new byte[200_001];
    random.nextBytes(bytes);
    Path file = Files.write(folder.resolve("small"), bytes);
    String before = FileSample.of(List.of(file));
    assertThat(before).matches("[0-9a-f]{64}").isEqualTo(FileSample.of(List.of(file)));
    for (int round = 0; round < 20; round++) {
      int at = round == 0 ? bytes.length - 1 : random.nextInt(bytes.length);
      byte[] other = bytes.clone();
      other[at] ^= 1;
      Files.write(file, other);

      assertThat(FileSample.of(List.of(file)))
          .as("seed %d, byte %d", seed, at)
          .isNotEqualTo(before);
    }
  }

  @Test
  void headTailAndMiddleOfALargeFileCount() throws Exception {
    long size = (1L << 30) + 12_345;
    Path file = sparse("large", size);
    String before = FileSample.of(List.of(file));
    for (long at : new long[] {0, 1_000_000, size - 1}) {
      write(file, at, new byte[] {1});
      assertThat(FileSample.of(List.of(file))).as("byte %d", at).isNotEqualTo(before);
      write(file, at, new byte[] {0});
    }
    assertThat(FileSample.of(List.of(file))).isEqualTo(before);
    for (long at = size / 2; at < size / 2 + size / 90; at += 64 << 10) {
      write(file, at, new byte[] {1});
    }
    assertThat(FileSample.of(List.of(file))).as("a part of the middle").isNotEqualTo(before);
  }

  @Test
  void everyPartOfASplitModelCounts() throws Exception {
    List<Path> parts = List.of(sparse("1", 10_000_000), sparse("2", 20_000_000), sparse("3", 9));
    String before = FileSample.of(parts);
    for (Path part : parts) {
      write(part, Files.size(part) - 1, new byte[] {1});
      assertThat(FileSample.of(parts)).as("part %s", part).isNotEqualTo(before);
      write(part, Files.size(part) - 1, new byte[] {0});
    }
    assertThat(FileSample.of(List.of(parts.get(1), parts.get(0), parts.get(2))))
        .isNotEqualTo(before);
  }

  @Test
  void aFileThatIsNotThereIsAnError() {
    assertThatThrownBy(() -> FileSample.of(List.of(folder.resolve("none"))))
        .isInstanceOf(NoSuchFileException.class);
  }
}
