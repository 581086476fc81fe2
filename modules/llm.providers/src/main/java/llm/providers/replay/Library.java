package llm.providers.replay;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import llm.domain.error.LlmException;
import llm.providers.replay.RecordingScan.Line;

/**
 * What a recording holds, found by request. Kept is where each exchange stands; what it tells is
 * read from the file when it is asked for. Thread-safe.
 */
final class Library implements AutoCloseable {
  /** Exchanges that the nearest one is looked for among. */
  private static final int MOST_COMPARED = 200;

  private static final int MOST_MODELS = 1_000;

  private final FileChannel file;
  private final Map<String, Shelf> shelves = new HashMap<>();
  private final Map<String, List<Place>> places = new LinkedHashMap<>(); // by method and path
  private final Set<String> models = new LinkedHashSet<>();
  private int exchanges;
  private int withoutBodies;
  private int unreadable;
  private Optional<Line> firstUnreadable = Optional.empty();

  /** Where an exchange stands. */
  private record Place(int line, long offset, int length) {}

  /** The exchanges of one request, in their order. */
  private static final class Shelf {
    private final List<Place> places = new ArrayList<>();
    private final AtomicInteger taken = new AtomicInteger();
  }

  private Library(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a recording: the exchanges of {@code provider}, or all where it has none of that name.
   *
   * @throws IOException when it cannot be read
   */
  static Library open(Path path, String provider) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try (RecordingScan scan = RecordingScan.open(path)) {
      var own = new Library(file);
      var all = new Library(file);
      for (var line = scan.next(); line.isPresent(); line = scan.next()) {
        all.add(line.get());
        if (line.get().exchange().filter(one -> !one.provider().equals(provider)).isEmpty()) {
          own.add(line.get());
        }
      }
      return own.exchanges + own.withoutBodies > 0 ? own : all;
    } catch (IOException | RuntimeException failure) {
      file.close();
      throw failure;
    }
  }

  private void add(Line line) {
    if (line.exchange().isEmpty()) {
      unreadable++;
      firstUnreadable = firstUnreadable.or(() -> Optional.of(line));
      return;
    }
    Recorded exchange = line.exchange().get();
    if (exchange.isWithoutBodies()) {
      withoutBodies++;
      return;
    }
    exchanges++;
    var place = new Place(line.number(), line.offset(), line.length());
    shelves.computeIfAbsent(Fingerprint.of(exchange.request()), _ -> new Shelf()).places.add(place);
    places.computeIfAbsent(question(exchange.request()), _ -> new ArrayList<>()).add(place);
    exchange.request().model().filter(_ -> models.size() < MOST_MODELS).ifPresent(models::add);
  }

  /** How many exchanges can be replayed. */
  int size() {
    return exchanges;
  }

  /** How many were recorded without their bodies. */
  int withoutBodies() {
    return withoutBodies;
  }

  /** How many lines cannot be read. */
  int unreadable() {
    return unreadable;
  }

  /** The first of them. */
  Optional<Line> firstUnreadable() {
    return firstUnreadable;
  }

  /** The models that requests were for, in the order of their first ones. */
  List<String> models() {
    return List.copyOf(models);
  }

  /** How often a request was recorded. */
  int count(Recorded.Request request) {
    Shelf shelf = shelves.get(Fingerprint.of(request));
    return shelf == null ? 0 : shelf.places.size();
  }

  /**
   * The next exchange of a request: the first for the first that asks, and so on.
   *
   * @param repeats whether the last one comes again when there are no more
   * @return empty when there is none (left)
   * @throws IOException when the file cannot be read any more
   */
  Optional<Recorded> next(Recorded.Request request, boolean repeats) throws IOException {
    Shelf shelf = shelves.get(Fingerprint.of(request));
    if (shelf == null) {
      return Optional.empty();
    }
    int last = shelf.places.size() - 1;
    int index = shelf.taken.getAndUpdate(taken -> Math.min(taken + 1, last + 1));
    if (index > last && !repeats) {
      return Optional.empty();
    }
    return Optional.of(read(shelf.places.get(Math.min(index, last))));
  }

  /** Says what is nearest to a request that is not there; a sentence without a full stop. */
  String nearest(Recorded.Request request) throws IOException {
    List<Place> candidates = places.getOrDefault(question(request), List.of());
    if (candidates.isEmpty()) {
      String there =
          places.entrySet().stream()
              .limit(Difference.MOST_NAMED)
              .map(entry -> entry.getKey() + " (" + entry.getValue().size() + ")")
              .collect(Collectors.joining(", "));
      return there.isEmpty()
          ? "it has no exchange that can be replayed"
          : "it has " + there + andMore(places.size() - Difference.MOST_NAMED);
    }
    Place nearest = candidates.getFirst();
    List<String> least = null;
    for (Place place : candidates.subList(0, Math.min(MOST_COMPARED, candidates.size()))) {
      List<String> paths =
          Difference.between(request.body().bytes(), read(place).request().body().bytes());
      if (least == null || paths.size() < least.size()) {
        nearest = place;
        least = paths;
      }
    }
    int named = Math.min(Difference.MOST_NAMED, least.size());
    return "the nearest, in line "
        + nearest.line()
        + ", differs in "
        + String.join(", ", least.subList(0, named))
        + andMore(least.size() - named);
  }

  private static String andMore(int count) {
    return count > 0 ? " and " + count + " more" : "";
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private Recorded read(Place place) throws IOException {
    var line = ByteBuffer.allocate(place.length());
    while (line.hasRemaining()) {
      if (file.read(line, place.offset() + line.position()) < 0) {
        throw new EOFException("it was cut short while it was replayed");
      }
    }
    try {
      return RecordedReader.read(line.array());
    } catch (LlmException changed) {
      throw new IOException("line " + place.line() + " was changed while it was replayed", changed);
    }
  }

  private static String question(Recorded.Request request) {
    return request.method() + " " + request.path();
  }
}
