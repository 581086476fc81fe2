package llm.core.store;

import static llm.core.store.Points.ID;
import static llm.core.store.Points.at;
import static llm.core.store.Points.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import llm.core.testkit.ManualClock;
import llm.domain.port.LogStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every rule of the port, for every store. */
public abstract class LogStoreContract {
  /** The most bytes of one append of the stores under test. */
  protected static final int APPEND_BYTES = 4 << 20;

  private static final Optional<String> NO_HEAD = Optional.empty();
  private static final LogKey A = new LogKey("test", "a");

  protected final ManualClock clock = new ManualClock();
  protected LogStore store;

  /** The store, empty. */
  protected abstract LogStore open() throws Exception;

  /** The same store closed and opened again, where it keeps what it has. */
  protected LogStore reopen(LogStore open) throws Exception {
    return open;
  }

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
    store.close(); // twice is once
  }

  @Test
  void whatIsAppendedIsReadInOrder() throws Exception {
    store.append(A, at(0), List.of("one", "two"), Optional.of("first head"));
    clock.advance(Duration.ofMillis(1_500));
    store.append(A, at(2), List.of("three"), NO_HEAD);

    assertThat(store.read(A, 0, 10).records())
        .containsExactly(
            new LogRecord(0, "one"), new LogRecord(1, "two"), new LogRecord(2, "three"));
    assertThat(store.read(A, 1, 1).records()).containsExactly(new LogRecord(1, "two"));
    assertThat(store.read(A, 3, 1).records()).isEmpty();
    assertThat(store.read(A, Long.MAX_VALUE, Integer.MAX_VALUE).records()).isEmpty();
    var now = clock.now().truncatedTo(ChronoUnit.MILLIS);
    assertThat(store.find(A)).contains(new LogInfo(A, at(3), "first head", now));
    assertThat(store.isAvailable()).isTrue();
  }

  @Test
  void aLogThatIsNotThereIsEmpty() throws Exception {
    assertThat(store.read(A, 0, 10).records()).isEmpty();
    assertThat(store.find(A)).isEmpty();
    assertThat(store.delete(A, ID)).isFalse();
    assertThat(store.list("test", Optional.empty(), 10)).isEmpty();
    refused(Reason.CONFLICT, () -> compact(A, 0, "snapshot"));
    refused(Reason.CONFLICT, () -> append(A, 1, "one"));
    assertThat(store.find(A)).isEmpty();
  }

  @Test
  void theSameAppendAgainDoesNothing() throws Exception {
    store.append(A, at(0), List.of("one", "two"), Optional.of("head"));
    var before = store.find(A);
    clock.advance(Duration.ofSeconds(1));
    store.append(A, at(0), List.of("one", "two"), Optional.of("another head"));
    store.append(A, at(1), List.of("two"), NO_HEAD);
    assertThat(store.find(A)).isEqualTo(before);
    store.append(A, at(2), List.of("three"), NO_HEAD);
    store.append(A, at(0), List.of("one", "two"), NO_HEAD);
    assertThat(store.read(A, 0, 10).records()).hasSize(3);
  }

  @Test
  void anAppendToAnotherPlaceOrOverOthersIsAConflict() throws Exception {
    store.append(A, at(0), List.of("one", "two"), Optional.of("head"));
    var before = store.find(A);
    for (long position : new long[] {3, 4, Integer.MAX_VALUE, 1L << 52, Long.MAX_VALUE}) {
      refused(Reason.CONFLICT, () -> append(A, position, "x"));
    }
    refused(Reason.CONFLICT, () -> append(A, 0, "other"));
    refused(Reason.CONFLICT, () -> append(A, 0, "one", "other"));
    refused(Reason.CONFLICT, () -> append(A, 0, "one", "two", "three"));
    refused(Reason.CONFLICT, () -> append(A, 1, "two", "three"));
    assertThat(store.find(A)).isEqualTo(before);
    assertThat(store.read(A, 0, 10).records())
        .extracting(LogRecord::text)
        .containsExactly("one", "two");
  }

  @Test
  void whatIsNoAppendIsABug() throws Exception {
    assertThatThrownBy(() -> store.append(A, at(0), List.of(), NO_HEAD))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> append(A, -1, "x")).isInstanceOf(IllegalArgumentException.class);
    for (String lone : List.of("a\uD83D", "\uDE00b", "\uD83D\uD83D\uDE00")) {
      assertThatThrownBy(() -> append(A, 0, "good", lone))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lone surrogate");
      assertThatThrownBy(() -> store.append(A, at(0), List.of("x"), Optional.of(lone)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    String longHead = "h".repeat(LogStore.MAX_HEAD_CHARS + 1);
    assertThatThrownBy(() -> store.append(A, at(0), List.of("x"), Optional.of(longHead)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.read(A, 0, 0).records())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.read(A, -1, 1).records())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.list("test", Optional.empty(), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.find(A)).isEmpty();
  }

  @Test
  void everyTextComesBackByteForByte() throws Exception {
    var texts =
        List.of(
            "",
            "plain",
            "line\r\nbreak\u0000and\u001f\u2028",
            "שלום مرحبا",
            "emoji 😀 👩‍👩‍👧‍👦 and \uFFFD \uFFFE \uFEFF",
            "q\"\\ {} [] ' ${x} \u00e9 e\u0301",
            "x".repeat(1 << 20),
            "я".repeat(1 << 19) + "😀",
            new String(new char[] {0xF1, 0xF5, 0xC0, 0xC1}));
    String head = "頭\u0000 " + "h".repeat(LogStore.MAX_HEAD_CHARS - 3);
    store.append(A, at(0), texts, Optional.of(head));
    store.append(A, at(0), texts, NO_HEAD);
    store = reopen(store);
    assertThat(store.read(A, 0, 100).records()).extracting(LogRecord::text).isEqualTo(texts);
    assertThat(store.find(A).orElseThrow().head()).isEqualTo(head);
    store.append(A, at(texts.size()), List.of("more"), Optional.of(""));
    assertThat(store.find(A).orElseThrow().head()).isEmpty();
  }

  @Test
  void moreThanAnAppendMayBeIsRefused() throws Exception {
    String half = "h".repeat(APPEND_BYTES / 2);
    store.append(A, at(0), List.of(half, half), NO_HEAD);
    refused(Reason.TOO_LARGE, () -> append(A, 2, half, half, "x"));
    refused(Reason.TOO_LARGE, () -> compact(A, 0, half + half + "x"));
    assertThat(store.find(A).orElseThrow().end().position()).isEqualTo(2);
  }

  @Test
  void manyRecordsAreOneAppend() throws Exception {
    var texts = IntStream.range(0, 20_000).mapToObj(Integer::toString).toList();
    store.append(A, at(0), texts, NO_HEAD);
    store.append(A, at(0), texts, NO_HEAD);
    assertThat(store.read(A, 12_345, 3).records())
        .extracting(LogRecord::text)
        .containsExactly("12345", "12346", "12347");
  }

  @Test
  void aSnapshotStandsForTheFirstRecords() throws Exception {
    append(A, 0, "0", "1", "2", "3");
    var before = store.find(A);
    clock.advance(Duration.ofSeconds(1));
    compact(A, 1, "to 1");
    assertThat(store.find(A)).isEqualTo(before);
    for (int from : new int[] {0, 1}) {
      assertThat(store.read(A, from, 2).records())
          .containsExactly(new LogRecord(1, "to 1"), new LogRecord(2, "2"));
    }
    assertThat(store.read(A, 2, 9).records())
        .containsExactly(new LogRecord(2, "2"), new LogRecord(3, "3"));
    compact(A, 1, "again");
    compact(A, 0, "less");
    refused(Reason.CONFLICT, () -> compact(A, 4, "beyond"));
    refused(Reason.CONFLICT, () -> append(A, 0, "0", "1"));
    append(A, 2, "2", "3");
    store = reopen(store);
    assertThat(store.read(A, 0, 1).records()).containsExactly(new LogRecord(1, "to 1"));
    compact(A, 3, "all");
    store = reopen(store);
    assertThat(store.read(A, 0, 9).records()).containsExactly(new LogRecord(3, "all"));
    assertThat(store.read(A, 4, 9).records()).isEmpty();
    append(A, 4, "4");
    assertThat(store.read(A, 3, 9).records())
        .containsExactly(new LogRecord(3, "all"), new LogRecord(4, "4"));
  }

  @Test
  void aRemovedLogIsGoneAndItsNameFree() throws Exception {
    store.append(A, at(0), List.of("0", "1"), Optional.of("head"));
    compact(A, 0, "snapshot");
    assertThat(store.delete(A, ID)).isTrue();
    assertThat(store.delete(A, ID)).isFalse();
    assertThat(store.find(A)).isEmpty();
    assertThat(store.read(A, 0, 9).records()).isEmpty();
    refused(Reason.CONFLICT, () -> append(A, 2, "2"));
    append(A, 0, "new");
    store = reopen(store);
    assertThat(store.read(A, 0, 9).records()).containsExactly(new LogRecord(0, "new"));
    assertThat(store.find(A).orElseThrow().head()).isEmpty();
  }

  @Test
  void logsAreListedInPagesInTheOrderOfTheirIds() throws Exception {
    var ids = List.of("-", ".", "..", "0", "10", "2", ":", "A", "Z", "_", "a", "aa", "b");
    var mixed = new ArrayList<>(ids);
    java.util.Collections.shuffle(mixed, new Random(7));
    for (String id : mixed) {
      store.append(new LogKey("test", id), at(0), List.of("x"), Optional.of("head of " + id));
    }
    append(new LogKey("tes", "other"), 0, "x");
    append(new LogKey("testt", "other"), 0, "x");
    var seen = new ArrayList<String>();
    Optional<String> after = Optional.empty();
    for (int page = 0; page < 5; page++) {
      var logs = store.list("test", after, 3);
      logs.forEach(log -> seen.add(log.key().id()));
      logs.forEach(log -> assertThat(log.head()).isEqualTo("head of " + log.key().id()));
      after = Optional.of(seen.getLast());
    }
    assertThat(seen).isEqualTo(ids);
    assertThat(store.list("test", Optional.of("11"), 2))
        .extracting(log -> log.key().id())
        .containsExactly("2", ":");
    store.delete(new LogKey("test", "2"), ID);
    assertThat(store.list("test", Optional.of("11"), 1))
        .extracting(log -> log.key().id())
        .containsExactly(":");
    assertThat(store.list("none", Optional.empty(), 9)).isEmpty();
  }

  @Test
  void ofManyWhoAppendAtOnePlaceOneWins() throws Exception {
    int writers = 8;
    int rounds = 20;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < rounds; round++) {
        long position = round;
        var start = new CountDownLatch(1);
        var ends = new ArrayList<Future<Boolean>>();
        for (int writer = 0; writer < writers; writer++) {
          String text = round + " by " + writer;
          ends.add(
              threads.submit(() -> {
                start.await();
                return attempt(() -> append(A, position, text));
              }));
        }
        start.countDown();
        int won = 0;
        for (var end : ends) {
          won += end.get() ? 1 : 0;
        }
        assertThat(won).as("winners of round " + round).isEqualTo(1);
      }
    }
    assertThat(store.find(A).orElseThrow().end().position()).isEqualTo(rounds);
  }

  @Test
  void manyLogsAreWrittenAtOnce() throws Exception {
    int writers = 16;
    int each = 50;
    var ends = new ArrayList<Future<Void>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int writer = 0; writer < writers; writer++) {
        var key = new LogKey("test", "w" + writer);
        ends.add(
            threads.submit(() -> {
              for (int i = 0; i < each; i++) {
                store.append(key, at(i), List.of(key.id() + " " + i), Optional.of("head " + i));
              }
              return null;
            }));
      }
      for (var end : ends) {
        end.get();
      }
    }
    store = reopen(store);
    for (int writer = 0; writer < writers; writer++) {
      var key = new LogKey("test", "w" + writer);
      var texts = IntStream.range(0, each).mapToObj(i -> key.id() + " " + i).toList();
      assertThat(store.read(key, 0, 100).records()).extracting(LogRecord::text).isEqualTo(texts);
      assertThat(store.find(key).orElseThrow().head()).isEqualTo("head " + (each - 1));
    }
  }

  @Test
  void whoReadsDuringACompactionSeesTheRecordsOrTheSnapshot() throws Exception {
    int count = 300;
    var written = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var readers = new ArrayList<Future<Integer>>();
      for (int reader = 0; reader < 3; reader++) {
        readers.add(
            threads.submit(() -> {
              int seen = 0;
              while (written.getCount() > 0) {
                checkWhole(store.read(A, 0, 1_000).records());
                seen++;
              }
              return seen;
            }));
      }
      try {
        for (int i = 0; i < count; i++) {
          append(A, i, Integer.toString(i));
          if (i % 7 == 6) {
            compact(A, i - 3, "to " + (i - 3));
          }
        }
      } finally {
        written.countDown();
      }
      for (var reader : readers) {
        assertThat(reader.get()).isNotNegative();
      }
    }
    checkWhole(store.read(A, 0, 1_000).records());
  }

  /** The snapshot of what came before, if any, then every record to the end. */
  private static void checkWhole(List<LogRecord> records) {
    for (int i = 0; i < records.size(); i++) {
      LogRecord record = records.get(i);
      String text = Long.toString(record.position());
      boolean snapshot = i == 0 && record.text().startsWith("to ");
      assertThat(record.text()).isEqualTo(snapshot ? "to " + text : text);
      if (i == 0 && !snapshot) {
        assertThat(record.position()).isZero();
      }
      if (i > 0) {
        assertThat(record.position()).isEqualTo(records.get(i - 1).position() + 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 20_260_102, 77})
  void whateverIsAskedItAnswersAsTheModelDoes(long seed) throws Exception {
    var random = new Random(seed);
    var model = new ModelLogs();
    for (int step = 0; step < 600; step++) {
      String id = "log" + random.nextInt(4);
      String told = "seed " + seed + ", step " + step;
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3, 4, 5 -> appendBoth(random, model, id, told);
        case 6, 7 -> {
          LogPoint position = new LogPoint(meant(random, model, id), random.nextInt(12));
          String text = "snapshot " + step;
          assertThat(attempt(() -> compact(key(id), position, text)))
              .as(told)
              .isEqualTo(model.compact(id, position, text));
        }
        case 8 -> {
          int from = random.nextInt(8);
          int limit = 1 + random.nextInt(5);
          assertThat(store.read(key(id), from, limit))
              .as(told)
              .isEqualTo(model.read(id, from, limit));
        }
        case 9 -> {
          if (random.nextInt(4) == 0) {
            LogIdentity meant = meant(random, model, id);
            assertThat(store.delete(key(id), meant)).as(told).isEqualTo(model.delete(id, meant));
          }
        }
        case 10 -> {
          if (random.nextInt(10) == 0) {
            store = reopen(store);
          }
        }
        default -> {
          var infos = store.list("test", Optional.empty(), 9);
          assertThat(infos)
              .as(told)
              .extracting(i -> i.key().id())
              .isEqualTo(List.copyOf(model.logs.keySet()));
        }
      }
    }
    store = reopen(store);
    for (String id : model.logs.keySet()) {
      assertThat(store.read(key(id), 0, 9_999))
          .as("seed " + seed)
          .isEqualTo(model.read(id, 0, 9_999));
      assertThat(store.find(key(id)).orElseThrow().head()).isEqualTo(model.logs.get(id).head);
    }
  }

  /** Mostly that of the log that is there, or is to be. */
  private LogIdentity meant(Random random, ModelLogs model, String id) {
    LogIdentity there = model.end(id, identity(1 + random.nextInt(3))).identity();
    return random.nextInt(6) > 0 ? there : identity(random.nextInt(4));
  }

  private void appendBoth(Random random, ModelLogs model, String id, String told) throws Exception {
    LogPoint end = model.end(id, identity(1 + random.nextInt(3)));
    long at = end.position();
    at = random.nextInt(3) > 0 ? at : Math.max(0, at - 2 + random.nextInt(4));
    LogIdentity meant = random.nextInt(6) > 0 ? end.identity() : meant(random, model, id);
    var position = new LogPoint(meant, at);
    var texts = new ArrayList<String>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      texts.add("r".repeat(random.nextInt(4)) + random.nextInt(2));
    }
    Optional<String> head =
        random.nextBoolean() ? Optional.empty() : Optional.of("head " + random.nextInt());
    assertThat(
            attempt(() -> {
              store.append(key(id), position, texts, head);
              return null;
            }))
        .as(told)
        .isEqualTo(model.append(id, position, texts, head));
  }

  @Test
  void onceClosedNothingIsDone() throws Exception {
    append(A, 0, "x");
    store.close();
    assertThat(store.isAvailable()).isFalse();
    refused(Reason.UNAVAILABLE, () -> append(A, 1, "x"));
    refused(Reason.UNAVAILABLE, () -> store.read(A, 0, 1).records());
    refused(Reason.UNAVAILABLE, () -> store.find(A));
    refused(Reason.UNAVAILABLE, () -> store.list("test", Optional.empty(), 1));
    refused(Reason.UNAVAILABLE, () -> compact(A, 0, "x"));
    refused(Reason.UNAVAILABLE, () -> store.delete(A, ID));
  }

  @Test
  void aLogThatWasRemovedAndMadeAgainIsAnotherOne() throws Exception {
    LogIdentity old = identity(2);
    LogIdentity young = identity(3);
    store.append(A, LogPoint.beginOf(old), List.of("old 0", "old 1"), Optional.of("old head"));
    assertThat(store.read(A, 0, 9).identity()).isEqualTo(old);
    assertThat(store.find(A).orElseThrow().end()).isEqualTo(new LogPoint(old, 2));
    assertThat(store.delete(A, old)).isTrue();
    store.append(A, LogPoint.beginOf(young), List.of("new 0", "new 1"), Optional.of("new head"));
    for (int round = 0; round < 2; round++) {
      for (LogIdentity stale : List.of(old, LogIdentity.NONE)) {
        for (long position = 0; position < 4; position++) {
          var at = new LogPoint(stale, position);
          refused(Reason.CONFLICT, () -> append(A, at, "old 2"));
          refused(Reason.CONFLICT, () -> append(A, at, "new " + at.position())); // no repeat
          refused(Reason.CONFLICT, () -> compact(A, at, "old snapshot"));
        }
        assertThat(store.delete(A, stale)).isFalse();
      }
      assertThat(store.read(A, 0, 9))
          .isEqualTo(
              new LogPage(young, List.of(new LogRecord(0, "new 0"), new LogRecord(1, "new 1"))));
      assertThat(store.list("test", Optional.empty(), 9))
          .extracting(LogInfo::head, LogInfo::end)
          .containsExactly(tuple("new head", new LogPoint(young, 2)));
      store = reopen(store);
    }
    store.append(A, new LogPoint(young, 2), List.of("new 2"), NO_HEAD);
    assertThat(store.delete(A, young)).isTrue();
    refused(Reason.CONFLICT, () -> append(A, new LogPoint(young, 3), "new 3"));
  }

  @Test
  void anIdentityOutlivesTheRecordsThatASnapshotStandsFor() throws Exception {
    append(A, 0, "0", "1");
    compact(A, 1, "to 1");
    for (int i = 2; i < 30; i++) { // the segments of a journal are written again meanwhile
      append(A, i, "x".repeat(1_000));
      compact(A, i, "to " + i);
    }
    store = reopen(store);
    assertThat(store.read(A, 0, 9)).isEqualTo(new LogPage(ID, List.of(new LogRecord(29, "to 29"))));
    assertThat(store.find(A).orElseThrow().end()).isEqualTo(at(30));
    append(A, 30, "30");
  }

  @Test
  void nobodyMakesALogWithoutAnIdentity() throws Exception {
    refused(Reason.CONFLICT, () -> append(A, LogPoint.beginOf(LogIdentity.NONE), "x"));
    assertThat(store.find(A)).isEmpty();
    assertThat(store.delete(A, LogIdentity.NONE)).isFalse();
    assertThat(store.read(A, 0, 9)).isEqualTo(LogPage.ABSENT);
  }

  /** A log of this id from before there were identities: {@code one}, {@code two}, {@code head}. */
  protected void goesOnWithoutIdentityUntilItIsRemoved(LogKey key) throws Exception {
    var end = new LogPoint(LogIdentity.NONE, 2);
    assertThat(store.find(key).orElseThrow().end()).isEqualTo(end);
    assertThat(store.read(key, 0, 9).identity()).isEqualTo(LogIdentity.NONE);
    refused(Reason.CONFLICT, () -> append(key, at(2), "three"));
    assertThat(store.delete(key, ID)).isFalse();
    append(key, end, "three");
    append(key, end, "three"); // a repeat
    compact(key, LogPoint.beginOf(LogIdentity.NONE), "to one");
    store = reopen(store);
    assertThat(store.read(key, 0, 9).records())
        .containsExactly(
            new LogRecord(0, "to one"), new LogRecord(1, "two"), new LogRecord(2, "three"));
    assertThat(store.find(key).orElseThrow().head()).isEqualTo("head");
    assertThat(store.delete(key, LogIdentity.NONE)).isTrue();
    append(key, at(0), "new 0", "new 1", "new 2");
    refused(Reason.CONFLICT, () -> append(key, new LogPoint(LogIdentity.NONE, 3), "four"));
    store = reopen(store);
    assertThat(store.find(key).orElseThrow().end()).isEqualTo(at(3));
  }

  /** Appends without a head. */
  protected Void append(LogKey key, long position, String... records) throws StoreException {
    store.append(key, at(position), List.of(records), NO_HEAD);
    return null;
  }

  private Void append(LogKey key, LogPoint at, String... records) throws StoreException {
    store.append(key, at, List.of(records), NO_HEAD);
    return null;
  }

  private Void compact(LogKey key, long position, String snapshot) throws StoreException {
    return compact(key, at(position), snapshot);
  }

  private Void compact(LogKey key, LogPoint at, String snapshot) throws StoreException {
    store.compact(key, at, snapshot);
    return null;
  }

  /** Whether it was done; false: a conflict. */
  private static boolean attempt(Callable<Void> action) throws Exception {
    try {
      action.call();
      return true;
    } catch (StoreException refused) {
      assertThat(refused.reason()).isEqualTo(Reason.CONFLICT);
      return false;
    }
  }

  /** Expects a refusal. */
  protected static void refused(Reason reason, Callable<?> action) {
    assertThatThrownBy(action::call)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static LogKey key(String id) {
    return new LogKey("test", id);
  }
}
