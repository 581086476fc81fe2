package llm.core.store.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static llm.core.store.Points.ID;
import static llm.core.store.Points.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.store.LogStoreContract;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract on a real folder; segments are small, so that they are written again all the time.
 */
class JournalLogStoreTest extends LogStoreContract {
  private static final int SEGMENT = 4_000;
  private static final long JOURNAL = 64L << 20;
  private static final LogKey A = new LogKey("test", "a");

  @TempDir Path folder;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  @Override
  protected LogStore open() throws IOException {
    return open(settings(Optional.of(Duration.ofMillis(50)), JOURNAL));
  }

  private LogStore open(JournalSettings settings) throws IOException {
    return JournalLogStore.open(folder.resolve("journal"), settings, clock, telemetry);
  }

  /** One whose background work is done by who causes it. */
  private LogStore openStepped(long journalBytes) throws IOException {
    return JournalLogStore.open(
        FolderDisk.open(folder.resolve("journal")),
        settings(Optional.empty(), journalBytes),
        clock,
        telemetry,
        Runnable::run);
  }

  private static JournalSettings settings(Optional<Duration> interval, long journalBytes) {
    return new JournalSettings(
        interval, SEGMENT, journalBytes, APPEND_BYTES, Duration.ofSeconds(10));
  }

  private LogStore reopenAlways() throws IOException {
    store.close();
    return open(settings(Optional.empty(), JOURNAL));
  }

  @Override
  protected LogStore reopen(LogStore open) throws IOException {
    open.close();
    return open();
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("journal"))) {
      return files.filter(file -> file.toString().endsWith(".journal")).sorted().toList();
    }
  }

  @Test
  void whatWasAcknowledgedIsOnThisMachine() throws Exception {
    assertThat(store.durability()).isEqualTo(Durability.FILE);
    assertThat(Files.getPosixFilePermissions(folder.resolve("journal")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(Files.getPosixFilePermissions(segments().getFirst()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    store = reopenAlways();
    append(A, 0, "x");
    store = reopen(store);
    assertThat(store.read(A, 0, 9).records()).containsExactly(new LogRecord(0, "x"));
  }

  @Test
  void aFolderIsOfOneJournal() {
    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another process uses the journal in " + folder.resolve("journal"));
  }

  @Test
  void anIdIsNoPath() throws Exception {
    for (String id : List.of("..", ".", "lock", "0000000000000001.journal")) {
      append(new LogKey("test", id), 0, "x");
    }
    store = reopen(store);
    assertThat(store.list("test", Optional.empty(), 9)).hasSize(4);
    assertThat(segments()).hasSize(1);
  }

  @Test
  void withAnIntervalTheDeviceFollowsThatMuchLater() throws Exception {
    int before = clock.alarmCount();
    append(A, 0, "x");
    append(A, 1, "y");
    assertThat(clock.alarmCount()).as("one sync for both").isEqualTo(before + 1);
    store.close();
    assertThat(clock.alarmCount()).isEqualTo(before);
  }

  @Test
  void roomIsGivenBack() throws Exception {
    store.close();
    store = openStepped(JOURNAL);
    String text = "t".repeat(1_000);
    for (int round = 0; round < 300; round++) {
      append(A, round, text);
      store.compact(A, at(round), "up to " + round);
      append(new LogKey("test", "b" + round), 0, text);
      store.delete(new LogKey("test", "b" + round), ID);
    }
    append(new LogKey("test", "kept"), 0, text);
    assertThat(telemetry.events("journal_rewritten")).isNotEmpty();
    long bytes = 0;
    for (Path segment : segments()) {
      bytes += Files.size(segment);
    }
    assertThat(bytes).as("of 600,000 written").isLessThan(60_000);
    assertThat(telemetry.metrics().sum("llm_store_bytes").orElseThrow()).isEqualTo(bytes);
    store = reopen(store);
    assertThat(store.list("test", Optional.empty(), 9)).hasSize(2);
    assertThat(store.read(A, 0, 9).records()).containsExactly(new LogRecord(299, "up to 299"));
  }

  @Test
  void aFullJournalRefusesAppendsAndTakesRemovals() throws Exception {
    store.close();
    store = openStepped(5L * SEGMENT);
    int made = 0;
    try {
      while (made < 100) {
        append(new LogKey("test", "n" + made), 0, "x".repeat(900));
        made++;
      }
    } catch (llm.domain.store.StoreException full) {
      assertThat(full.reason()).isEqualTo(Reason.FULL);
      assertThat(full).hasMessageContaining("store.journal_bytes");
    }
    assertThat(made).isBetween(15, 22);
    assertThat(store.isAvailable()).isTrue();
    for (int i = 0; i < made; i++) {
      assertThat(store.delete(new LogKey("test", "n" + i), ID)).isTrue();
    }
    append(A, 0, "x".repeat(900));
  }

  @Test
  void aTornEndIsCutOffAndToldOnce() throws Exception {
    append(A, 0, "one");
    append(A, 1, "two");
    store.close();
    Path last = segments().getLast();
    long size = Files.size(last);
    try (var file = new RandomAccessFile(last.toFile(), "rw")) {
      file.setLength(size - 3);
    }
    store = open();
    assertThat(store.read(A, 0, 9).records()).containsExactly(new LogRecord(0, "one"));
    var told = telemetry.events("journal_end_cut");
    assertThat(told).hasSize(1);
    assertThat(told.getFirst().text("file")).contains("0000000000000001.journal");
    append(A, 1, "again");
    store = reopen(store);
    assertThat(store.read(A, 1, 9).records()).containsExactly(new LogRecord(1, "again"));
    assertThat(telemetry.events("journal_end_cut")).hasSize(1);
  }

  @Test
  void damageInTheMiddleIsRefusedWithFileAndOffset() throws Exception {
    store = reopenAlways();
    append(A, 0, "the first record");
    append(A, 1, "the second record");
    store.close();
    Path file = segments().getFirst();
    byte[] good = Files.readAllBytes(file);
    for (int at = SegmentFile.HEAD_BYTES; at < good.length / 2; at += 7) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      Files.write(file, bad);
      assertThatThrownBy(this::open)
          .hasMessageContaining("the journal in " + folder.resolve("journal") + " is damaged")
          .hasMessageContaining("segment 0000000000000001.journal")
          .hasMessageContaining("at byte " + SegmentFile.HEAD_BYTES);
      assertThat(Files.readAllBytes(file)).as("nothing was changed").isEqualTo(bad);
    }
    byte[] headless = good.clone();
    headless[3]++;
    Files.write(file, headless);
    assertThatThrownBy(this::open).hasMessageContaining("has no good head at byte 0");
    Files.write(file, good);
    store = open();
    assertThat(store.read(A, 0, 9).records()).hasSize(2);
  }

  @Test
  void aMissingSegmentIsDamage() throws Exception {
    for (int i = 0; i < 12; i++) {
      append(A, i, "x".repeat(900));
    }
    store.close();
    assertThat(segments()).hasSizeGreaterThan(2);
    Path moved = segments().get(1);
    byte[] bytes = Files.readAllBytes(moved);
    Files.delete(moved);
    assertThatThrownBy(this::open)
        .hasMessageContaining("segment 0000000000000002.journal is missing");
    Files.write(moved, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(this::open)
        .hasMessageContaining("segment 0000000000000002.journal holds no whole record at byte");
    Files.write(moved, bytes);
    store = open();
    assertThat(store.read(A, 0, 99).records()).hasSize(12);
  }

  @Test
  void aRecordThatTheDeviceChangedIsNotHandedOut() throws Exception {
    append(A, 0, "the first record");
    try (var file = new RandomAccessFile(segments().getFirst().toFile(), "rw")) {
      file.seek(file.length() - 1);
      file.write('!');
    }
    refused(Reason.DAMAGED, () -> store.read(A, 0, 1).records());
    assertThat(store.find(A)).isPresent();
  }

  /**
   * As the version before identities wrote it: log a of "one", "two" and, apart, "three", with head
   * "head of a"; log b whose first two are a snapshot; log c, made and removed.
   */
  private static final String OF_BEFORE =
      """
      bGxtanJubDEAAAAAAAAAAQAAAAAAAAABHPj0+fXA/8EAAAA4JImEnAAAAAAAAAAcAAAAAZt8qYyOAAAA
      AAAAAAAABnRlc3QvYQAAAAloZWFkIG9mIGEAAAACAAAAA29uZQAAAAN0d2/1wP/BAAAAMwQfw6EAAAAA
      AAAAaAAAAAGbfKmMjgAAAAAAAAAAAAZ0ZXN0L2L/////AAAAAwAAAAJiMAAAAAJiMQAAAAJiMvXA/8EA
      AAApG0c3GQAAAAAAAACvAAAAAZt8qYyOAAAAAAAAAAAABnRlc3QvY/////8AAAABAAAABGdvbmX1wP/B
      AAAALszNYa8AAAAAAAAA7AEAAAGbfKmMjgAAAAAAAAABAAZ0ZXN0L2IAAAAAAAAAAQAAAAliMCBhbmQg
      YjH1wP/BAAAAKiiRJMQAAAAAAAABLgAAAAGbfKmMjgAAAAAAAAACAAZ0ZXN0L2H/////AAAAAQAAAAV0
      aHJlZfXA/8EAAAAhSbk+DAAAAAAAAAFsAgAAAZt8qYyOAAAAAAAAAAAABnRlc3QvY/////8AAAAA
      """;

  @Test
  void aJournalOfTheVersionBeforeIdentitiesIsReadAndGoesOn() throws Exception {
    store.close();
    byte[] before = Base64.getMimeDecoder().decode(OF_BEFORE);
    Files.write(segments().getFirst(), before);
    store = open();
    assertThat(store.read(A, 0, 9))
        .isEqualTo(
            new LogPage(
                LogIdentity.NONE,
                List.of(
                    new LogRecord(0, "one"), new LogRecord(1, "two"), new LogRecord(2, "three"))));
    assertThat(store.find(A).orElseThrow().head()).isEqualTo("head of a");
    assertThat(store.read(new LogKey("test", "b"), 0, 9).records())
        .containsExactly(new LogRecord(1, "b0 and b1"), new LogRecord(2, "b2"));
    assertThat(store.find(new LogKey("test", "c"))).isEmpty();
    assertThat(store.delete(A, LogIdentity.NONE)).isTrue();

    var frame =
        new Frame(
            Frame.Kind.APPEND,
            clock.now().toEpochMilli(),
            A,
            LogIdentity.NONE,
            0,
            Optional.of("head".getBytes(UTF_8)),
            List.of("one".getBytes(UTF_8), "two".getBytes(UTF_8)));
    store.close();
    Path last = segments().getLast();
    Files.write(last, frame.encode(Files.size(last), 0), StandardOpenOption.APPEND);
    store = open();
    goesOnWithoutIdentityUntilItIsRemoved(A);
  }
}
