package llm.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
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
    store.append(A, 0, List.of("one", "two"), Optional.of("first head"));
    clock.advance(Duration.ofMillis(1_500));
    store.append(A, 2, List.of("three"), NO_HEAD);

    assertThat(store.read(A, 0, 10))
        .containsExactly(
            new LogRecord(0, "one"), new LogRecord(1, "two"), new LogRecord(2, "three"));
    assertThat(store.read(A, 1, 1)).containsExactly(new LogRecord(1, "two"));
    assertThat(store.read(A, 3, 1)).isEmpty();
    assertThat(store.read(A, Long.MAX_VALUE, Integer.MAX_VALUE)).isEmpty();
    var now = clock.now().truncatedTo(ChronoUnit.MILLIS);
    assertThat(store.find(A)).contains(new LogInfo(A, 3, "first head", now));
    assertThat(store.isAvailable()).isTrue();
  }

  @Test
  void aLogThatIsNotThereIsEmpty() throws Exception {
    assertThat(store.read(A, 0, 10)).isEmpty();
    assertThat(store.find(A)).isEmpty();
    assertThat(store.delete(A)).isFalse();
    assertThat(store.list("test", Optional.empty(), 10)).isEmpty();
    refused(Reason.CONFLICT, () -> compact(A, 0, "snapshot"));
    refused(Reason.CONFLICT, () -> append(A, 1, "one"));
    assertThat(store.find(A)).isEmpty();
  }

  @Test
  void theSameAppendAgainDoesNothing() throws Exception {
    store.append(A, 0, List.of("one", "two"), Optional.of("head"));
    var before = store.find(A);
    clock.advance(Duration.ofSeconds(1));
    store.append(A, 0, List.of("one", "two"), Optional.of("another head"));
    store.append(A, 1, List.of("two"), NO_HEAD);
    assertThat(store.find(A)).isEqualTo(before);
    store.append(A, 2, List.of("three"), NO_HEAD);
    store.append(A, 0, List.of("one", "two"), NO_HEAD);
    assertThat(store.read(A, 0, 10)).hasSize(3);
  }

  @Test
  void anAppendToAnotherPlaceOrOverOthersIsAConflict() throws Exception {
    store.append(A, 0, List.of("one", "two"), Optional.of("head"));
    var before = store.find(A);
    for (long position : new long[] {3, 4, Integer.MAX_VALUE, 1L << 52, Long.MAX_VALUE}) {
      refused(Reason.CONFLICT, () -> append(A, position, "x"));
    }
    refused(Reason.CONFLICT, () -> append(A, 0, "other"));
    refused(Reason.CONFLICT, () -> append(A, 0, "one", "other"));
    refused(Reason.CONFLICT, () -> append(A, 0, "one", "two", "three"));
    refused(Reason.CONFLICT, () -> append(A, 1, "two", "three"));
    assertThat(store.find(A)).isEqualTo(before);
    assertThat(store.read(A, 0, 10)).extracting(LogRecord::text).containsExactly("one", "two");
  }

  @Test
  void whatIsNoAppendIsABug() throws Exception {
    assertThatThrownBy(() -> store.append(A, 0, List.of(), NO_HEAD))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> append(A, -1, "x")).isInstanceOf(IllegalArgumentException.class);
    for (String lone : List.of("a\uD83D", "\uDE00b", "\uD83D\uD83D\uDE00")) {
      assertThatThrownBy(() -> append(A, 0, "good", lone))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lone surrogate");
      assertThatThrownBy(() -> store.append(A, 0, List.of("x"), Optional.of(lone)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    String longHead = "h".repeat(LogStore.MAX_HEAD_CHARS + 1);
    assertThatThrownBy(() -> store.append(A, 0, List.of("x"), Optional.of(longHead)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.read(A, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.read(A, -1, 1)).isInstanceOf(IllegalArgumentException.class);
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
    store.append(A, 0, texts, Optional.of(head));
    store.append(A, 0, texts, NO_HEAD);
    store = reopen(store);
    assertThat(store.read(A, 0, 100)).extracting(LogRecord::text).isEqualTo(texts);
    assertThat(store.find(A).orElseThrow().head()).isEqualTo(head);
    store.append(A, texts.size(), List.of("more"), Optional.of(""));
    assertThat(store.find(A).orElseThrow().head()).isEmpty();
  }

  @Test
  void moreThanAnAppendMayBeIsRefused() throws Exception {
    String half = "h".repeat(APPEND_BYTES / 2);
    store.append(A, 0, List.of(half, half), NO_HEAD);
    refused(Reason.TOO_LARGE, () -> append(A, 2, half, half, "x"));
    refused(Reason.TOO_LARGE, () -> compact(A, 0, half + half + "x"));
    assertThat(store.find(A).orElseThrow().end()).isEqualTo(2);
  }

  @Test
  void manyRecordsAreOneAppend() throws Exception {
    var texts = IntStream.range(0, 20_000).mapToObj(Integer::toString).toList();
    store.append(A, 0, texts, NO_HEAD);
    store.append(A, 0, texts, NO_HEAD);
    assertThat(store.read(A, 12_345, 3))
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
      assertThat(store.read(A, from, 2))
          .containsExactly(new LogRecord(1, "to 1"), new LogRecord(2, "2"));
    }
    assertThat(store.read(A, 2, 9)).containsExactly(new LogRecord(2, "2"), new LogRecord(3, "3"));
    compact(A, 1, "again");
    compact(A, 0, "less");
    refused(Reason.CONFLICT, () -> compact(A, 4, "beyond"));
    refused(Reason.CONFLICT, () -> append(A, 0, "0", "1"));
    append(A, 2, "2", "3");
    store = reopen(store);
    assertThat(store.read(A, 0, 1)).containsExactly(new LogRecord(1, "to 1"));
    compact(A, 3, "all");
    store = reopen(store);
    assertThat(store.read(A, 0, 9)).containsExactly(new LogRecord(3, "all"));
    assertThat(store.read(A, 4, 9)).isEmpty();
    append(A, 4, "4");
    assertThat(store.read(A, 3, 9)).containsExactly(new LogRecord(3, "all"), new LogRecord(4, "4"));
  }

  @Test
  void aRemovedLogIsGoneAndItsNameFree() throws Exception {
    store.append(A, 0, List.of("0", "1"), Optional.of("head"));
    compact(A, 0, "snapshot");
    assertThat(store.delete(A)).isTrue();
    assertThat(store.delete(A)).isFalse();
    assertThat(store.find(A)).isEmpty();
    assertThat(store.read(A, 0, 9)).isEmpty();
    refused(Reason.CONFLICT, () -> append(A, 2, "2"));
    append(A, 0, "new");
    store = reopen(store);
    assertThat(store.read(A, 0, 9)).containsExactly(new LogRecord(0, "new"));
    assertThat(store.find(A).orElseThrow().head()).isEmpty();
  }

  @Test
  void logsAreListedInPagesInTheOrderOfTheirIds() throws Exception {
    var ids = List.of("-", ".", "..", "0", "10", "2", ":", "A", "Z", "_", "a", "aa", "b");
    var mixed = new ArrayList<>(ids);
    java.util.Collections.shuffle(mixed, new Random(7));
    for (String id : mixed) {
      store.append(new LogKey("test", id), 0, List.of("x"), Optional.of("head of " + id));
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
    store.delete(new LogKey("test", "2"));
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
    assertThat(store.find(A).orElseThrow().end()).isEqualTo(rounds);
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
                store.append(key, i, List.of(key.id() + " " + i), Optional.of("head " + i));
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
      assertThat(store.read(key, 0, 100)).extracting(LogRecord::text).isEqualTo(texts);
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
                checkWhole(store.read(A, 0, 1_000));
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
    checkWhole(store.read(A, 0, 1_000));
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
          int position = random.nextInt(12);
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
            assertThat(store.delete(key(id))).as(told).isEqualTo(model.logs.remove(id) != null);
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

  private void appendBoth(Random random, ModelLogs model, String id, String told) throws Exception {
    int end = model.logs.containsKey(id) ? model.logs.get(id).records.size() : 0;
    int position = random.nextInt(3) > 0 ? end : Math.max(0, end - 2 + random.nextInt(4));
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
    refused(Reason.UNAVAILABLE, () -> store.read(A, 0, 1));
    refused(Reason.UNAVAILABLE, () -> store.find(A));
    refused(Reason.UNAVAILABLE, () -> store.list("test", Optional.empty(), 1));
    refused(Reason.UNAVAILABLE, () -> compact(A, 0, "x"));
    refused(Reason.UNAVAILABLE, () -> store.delete(A));
  }

  /** Appends without a head. */
  protected Void append(LogKey key, long position, String... records) throws StoreException {
    store.append(key, position, List.of(records), NO_HEAD);
    return null;
  }

  private Void compact(LogKey key, long position, String snapshot) throws StoreException {
    store.compact(key, position, snapshot);
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
