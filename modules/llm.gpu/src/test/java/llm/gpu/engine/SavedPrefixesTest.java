package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real files, a real model, real states. */
@Timeout(60)
@DisplayName("P-1: kept prefixes survive a restart where a folder is set")
class SavedPrefixesTest {
  private static final String LONG = "a story about a very long prompt ".repeat(6);

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void write() {
    TestFiles.library();
    model = TinyModel.plain(512).writeTo(folder.resolve("tiny.gguf"));
  }

  @Test
  void aPromptIsNotComputedAgainAfterARestart() throws Exception {
    Answer before = ask(saved());
    Answer after = ask(saved());

    assertThat(cached(before)).isZero();
    assertThat(cached(after)).isEqualTo(before.terminal().usage().promptTokens() - 1);
    assertThat(after.text()).isEqualTo(before.text());
  }

  @Test
  void withoutAFolderNothingIsSaved() throws Exception {
    ask(EngineFixture.together(2));

    assertThat(cached(ask(EngineFixture.together(2)))).isZero();
    assertThat(savedFiles()).isEmpty();
  }

  @Test
  void anotherModelOfTheSameNameTakesNothingOfIt() throws Exception {
    ask(saved());
    TinyModel.plain(512).withSeed(9).writeTo(model);

    assertThat(cached(ask(saved()))).isZero();
  }

  @Test
  void anotherFileOfTheSameNameSizeAndTimeTakesNothingOfItAndRemovesIt() throws Exception {
    ask(saved());
    var time = Files.getLastModifiedTime(model);
    long bytes = Files.size(model);
    TinyModel.plain(512).withSeed(9).writeTo(model);
    Files.setLastModifiedTime(model, time);
    assertThat(Files.size(model)).isEqualTo(bytes);

    requireRefused();
    assertThat(cached(ask(saved()))).as("its own are taken").isPositive();
  }

  @Test
  void aFileOfAnEarlierReleaseIsRemovedWithOneLine() throws Exception {
    ask(saved());
    for (Path file : savedFiles()) {
      byte[] bytes = Files.readAllBytes(file);
      assertThat(bytes[6]).isEqualTo((byte) '3');
      bytes[6] = '2';
      Files.write(file, bytes);
    }
    requireRefused();
  }

  @Test
  void statesOfAPoolOfAnotherSizeAreNotTaken() throws Exception {
    ask(saved());
    var larger = EngineFixture.savingTo(prefixes(), 1 << 24, 6000, 16);

    assertThat(cached(ask(larger))).isZero();
  }

  @Test
  void whereNotAllFitTheMostRecentlyUsedComeBackAndStayLongest() throws Exception {
    try (var fixture = new EngineFixture(saved())) {
      for (int i = 1; i <= 4; i++) {
        drain(fixture.submit(model, EngineFixture.request(i + LONG, 2)));
      }
    }
    assertThat(savedFiles()).hasSize(4);
    try (var fixture = new EngineFixture(EngineFixture.savingTo(prefixes(), 1 << 24, 0, 2))) {
      drain(fixture.submit(model, EngineFixture.request("z", 1))); // too short to be kept
      assertThat(fixture.engine.status().models().getFirst().sequences()).isEqualTo(2);
      drain(fixture.submit(model, EngineFixture.request("new " + LONG, 2))); // in place of one

      assertThat(cached(drain(fixture.submit(model, EngineFixture.request(4 + LONG, 2)))))
          .isPositive();
      assertThat(cached(drain(fixture.submit(model, EngineFixture.request(3 + LONG, 2))))).isZero();
    }
  }

  private void requireRefused() throws Exception {
    try (var fixture = new EngineFixture(saved())) {
      assertThat(cached(drain(fixture.submit(model, request())))).isZero();
      assertThat(fixture.telemetry.trail()).containsOnlyOnce("prefixes_refused");
    }
  }

  @Test
  void aDamagedFileIsDroppedWhereverTheDamageIs() throws Exception {
    ask(saved());
    Path file = savedFiles().getFirst();
    byte[] whole = Files.readAllBytes(file);
    long seed = 20_261_121;
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 30; round++) {
      byte[] damaged = whole.clone();
      int at = round < 12 ? round * 8 : random.nextInt(whole.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      int length = round % 3 == 0 ? random.nextInt(whole.length) : whole.length;
      Files.deleteIfExists(
          savedFiles().isEmpty() ? folder.resolve("none") : savedFiles().getFirst());
      Files.write(file, java.util.Arrays.copyOf(damaged, length));

      assertThat(cached(ask(saved())))
          .as("seed %d, round %d, byte %d, length %d", seed, round, at, length)
          .isZero();
    }
  }

  @Test
  void theFolderHoldsNoMoreThanItsLimit() throws Exception {
    var small = EngineFixture.savingTo(prefixes(), 40_000);
    try (var fixture = new EngineFixture(small)) {
      for (int i = 0; i < 6; i++) {
        drain(fixture.submit(model, EngineFixture.request(i + LONG, 2)));
      }
    }
    long bytes = 0;
    for (Path file : savedFiles()) {
      bytes += Files.size(file);
    }
    assertThat(savedFiles()).isNotEmpty();
    assertThat(bytes).isLessThanOrEqualTo(40_000);
  }

  @Test
  void aFolderThatCannotBeWrittenIsLoggedAndNothingElse() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    try (var fixture = new EngineFixture(EngineFixture.savingTo(file, 1 << 20))) {
      drain(fixture.submit(model, request()));
      fixture.engine.close();

      assertThat(fixture.telemetry.trail()).contains("prefix_save_failed", "model_unload");
    }
  }

  @Test
  void whatAKilledProcessLeftUnfinishedIsRemoved() throws Exception {
    ask(saved());
    String name = savedFiles().getFirst().getFileName().toString();
    Path left = Files.writeString(prefixes().resolve(name.replace(".prefix", "-7.tmp")), "half");
    Path foreign = Files.writeString(prefixes().resolve("notes.tmp"), "not ours");
    ask(saved());

    assertThat(left).doesNotExist();
    assertThat(foreign).exists();
  }

  @Test
  void aFileTooLargeForMemoryIsLoggedAndTheModelServes() throws Exception {
    ask(saved());
    Path file = savedFiles().getFirst();
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 41);
    }
    try (var fixture = new EngineFixture(saved())) {
      assertThat(cached(drain(fixture.submit(model, request())))).isZero();
      assertThat(fixture.telemetry.trail()).contains("prefix_restore_failed");
    }
    assertThat(Files.size(savedFiles().getFirst())).as("saved anew").isLessThan(1 << 24);
  }

  private Path prefixes() {
    return folder.resolve("prefixes");
  }

  private EngineSettings saved() {
    return EngineFixture.savingTo(prefixes(), 1 << 24);
  }

  private List<Path> savedFiles() throws Exception {
    if (!Files.isDirectory(prefixes())) {
      return List.of();
    }
    try (var files = Files.list(prefixes())) {
      return new ArrayList<>(files.toList());
    }
  }

  private static ChatRequest request() {
    return EngineFixture.request(LONG, 5);
  }

  private Answer ask(EngineSettings settings) throws Exception {
    try (var fixture = new EngineFixture(settings)) {
      return drain(fixture.submit(model, request()));
    }
  }

  private static int cached(Answer answer) {
    assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
    Usage usage = answer.terminal().usage();
    return usage.cachedTokens();
  }
}
