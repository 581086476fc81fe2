package llm.core.store.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llm.core.store.StoreTexts;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/** Where everything live lies: the journal's memory, rebuilt on opening. Thread-safe. */
final class LogIndex {
  /** What a record's frame adds to its text, about; for the share of what is dead. */
  private static final int FRAME_COST = 64;

  private final Map<String, TreeMap<String, Entry>> spaces = new HashMap<>(); // guarded by this

  /** One log. */
  private static final class Entry {
    private final LogKey key;
    private final Places places = new Places();
    private LogIdentity identity = LogIdentity.NONE; // until a frame tells it
    private long first; // position of places' first
    private Optional<Place> snapshot = Optional.empty(); // of the records before `first`
    private long snapshotEnd; // `first`, once all frames were applied
    private String head = "";
    private long changedAtMillis;
    private Mark mark; // where its last change ends

    private Entry(LogKey key, long first) {
      this.key = key;
      this.first = first;
    }

    private long end() {
      return first + places.size();
    }

    private LogPoint point() {
      return new LogPoint(identity, end());
    }

    private LogInfo info() {
      return new LogInfo(key, point(), head, Instant.ofEpochMilli(changedAtMillis));
    }
  }

  /** How far a segment must be on the device for something to be. */
  record Mark(SegmentFile segment, long offset) {}

  /** A log's description, and what it rests on. */
  record Found(LogInfo info, Mark mark) {}

  /** A record's position and place. */
  record Spot(long position, Place place) {}

  /** Records of a log, and what they rest on. */
  record Spots(LogIdentity identity, List<Spot> spots, Mark mark) {}

  /** Takes a frame in that stands at {@code offset} of the segment. */
  synchronized void apply(Frame frame, SegmentFile segment, long offset)
      throws DamagedJournalException {
    var space = spaces.computeIfAbsent(frame.key().space(), _ -> new TreeMap<>());
    Entry entry = space.get(frame.key().id());
    if (frame.kind() == Frame.Kind.DELETE) {
      segment.countRemoval(frame.bytes());
      remove(space, entry);
      return;
    }
    if (entry == null) {
      entry = new Entry(frame.key(), frame.position());
      space.put(frame.key().id(), entry);
    }
    if (!frame.identity().isNone()) {
      entry.identity = frame.identity();
    }
    int at = (int) offset + frame.firstRecordAt();
    if (frame.kind() == Frame.Kind.SNAPSHOT) {
      snapshot(entry, frame, segment, at);
    } else {
      append(entry, frame, segment, at);
    }
    if (frame.head().isPresent()) {
      entry.head = new String(frame.head().get(), UTF_8);
    }
    entry.changedAtMillis = frame.changedAtMillis();
    entry.mark = new Mark(segment, offset + frame.bytes());
  }

  private static void remove(Map<String, Entry> space, Entry entry) {
    if (entry != null) {
      forget(entry, entry.places.size());
      entry.snapshot.ifPresent(LogIndex::drop);
      space.remove(entry.key.id());
    }
  }

  private static void append(Entry entry, Frame frame, SegmentFile segment, int offset)
      throws DamagedJournalException {
    if (frame.position() < entry.end()) {
      throw new DamagedJournalException(
          "records of a log stand twice in segment " + segment.name() + " before byte " + offset);
    }
    if (frame.position() > entry.end()) { // those between were dead and are rewritten away
      forget(entry, entry.places.size());
      entry.first = frame.position();
    }
    int at = offset;
    for (byte[] text : frame.records()) {
      at += Frame.RECORD_PREFIX_BYTES;
      entry.places.add(count(segment, at, text));
      at += text.length;
    }
  }

  private static void snapshot(Entry entry, Frame frame, SegmentFile segment, int offset) {
    long first = frame.position() + 1;
    forget(entry, (int) Math.min(entry.places.size(), Math.max(0, first - entry.first)));
    entry.first = Math.max(entry.first, first);
    entry.snapshotEnd = first;
    entry.snapshot.ifPresent(LogIndex::drop);
    int at = offset + Frame.RECORD_PREFIX_BYTES;
    entry.snapshot = Optional.of(count(segment, at, frame.records().getFirst()));
  }

  private static Place count(SegmentFile segment, int offset, byte[] text) {
    segment.count(text.length + FRAME_COST);
    return new Place(segment, offset, text.length, Place.checksum(text));
  }

  private static void forget(Entry entry, int count) {
    for (int i = 0; i < count; i++) {
      drop(entry.places.get(i));
    }
    entry.places.dropFirst(count);
    entry.first += count;
  }

  private static void drop(Place place) {
    place.segment().drop(place.length() + FRAME_COST);
  }

  /**
   * Checks that each log is whole, once everything was applied.
   *
   * @throws DamagedJournalException when one lacks records that no snapshot stands for
   */
  synchronized void check() throws DamagedJournalException {
    for (var space : spaces.values()) {
      for (Entry entry : space.values()) {
        if (entry.first != entry.snapshotEnd) {
          throw new DamagedJournalException(
              "of log " + entry.key + " records before position " + entry.first + " are missing");
        }
      }
    }
  }

  /** The end of a log; empty when there is none. */
  synchronized Optional<LogPoint> end(LogKey key) {
    return Optional.ofNullable(entry(key)).map(Entry::point);
  }

  /** The first position that is no snapshot's. */
  synchronized long first(LogKey key) {
    Entry entry = entry(key);
    return entry == null ? 0 : entry.first;
  }

  synchronized Optional<Found> find(LogKey key) {
    return Optional.ofNullable(entry(key)).map(entry -> new Found(entry.info(), entry.mark));
  }

  synchronized List<Found> list(String space, Optional<String> after, int limit) {
    var logs = spaces.getOrDefault(space, new TreeMap<>());
    return logs.tailMap(after.orElse(""), false).values().stream()
        .limit(limit)
        .map(entry -> new Found(entry.info(), entry.mark))
        .toList();
  }

  /** What a read of the port's rules comes to; empty when there is no such log. */
  synchronized Optional<Spots> spots(LogKey key, long from, int limit) {
    Entry entry = entry(key);
    if (entry == null) {
      return Optional.empty();
    }
    var spots = new ArrayList<Spot>();
    long next = from;
    if (from < entry.first && entry.snapshot.isPresent()) {
      spots.add(new Spot(entry.first - 1, entry.snapshot.get()));
      next = entry.first;
    }
    while (next < entry.end() && spots.size() < limit) {
      spots.add(new Spot(next, entry.places.get((int) (next - entry.first))));
      next++;
    }
    return Optional.of(new Spots(entry.identity, spots, entry.mark));
  }

  /**
   * The records from {@code at} on, just these.
   *
   * @throws StoreException {@code CONFLICT} when not all of them are there, or those of another log
   */
  synchronized Spots exactly(LogKey key, LogPoint at, int count) throws StoreException {
    Entry entry = entry(key);
    if (entry == null) {
      throw StoreTexts.conflict(at, 0);
    }
    StoreTexts.checkIdentity(at.identity(), entry.identity);
    if (at.position() < entry.first || at.position() > entry.end() - count) {
      throw StoreTexts.conflict(at, entry.end());
    }
    return spots(key, at.position(), count).orElseThrow();
  }

  /**
   * What of a frame is live, for a rewritten segment.
   *
   * @param keepDeletes whether older segments may hold what a removal removes
   */
  synchronized Optional<Frame> live(
      Frame frame, SegmentFile segment, long offset, boolean keepDeletes) {
    if (frame.kind() == Frame.Kind.DELETE) {
      return keepDeletes ? Optional.of(frame) : Optional.empty();
    }
    int at = (int) offset + frame.firstRecordAt() + Frame.RECORD_PREFIX_BYTES;
    int dead = 0;
    while (dead < frame.records().size() && !isLive(frame, dead, segment, at)) {
      at += frame.records().get(dead).length + Frame.RECORD_PREFIX_BYTES;
      dead++;
    }
    if (dead == frame.records().size()) {
      return Optional.empty();
    }
    var rest = frame.records().subList(dead, frame.records().size());
    return Optional.of(
        new Frame(
            frame.kind(),
            frame.changedAtMillis(),
            frame.key(),
            frame.identity(),
            frame.position() + dead,
            frame.head(),
            rest));
  }

  private boolean isLive(Frame frame, int record, SegmentFile segment, int offset) {
    Entry entry = entry(frame.key());
    if (entry == null) {
      return false;
    }
    if (frame.kind() == Frame.Kind.SNAPSHOT) {
      return entry.snapshot.filter(place -> isAt(place, segment, offset)).isPresent();
    }
    long index = frame.position() + record - entry.first;
    return index >= 0
        && index < entry.places.size()
        && isAt(entry.places.get((int) index), segment, offset);
  }

  private static boolean isAt(Place place, SegmentFile segment, int offset) {
    return place.segment() == segment && place.offset() == offset;
  }

  /** A live record that a rewritten segment holds. */
  record Move(Frame.Kind kind, LogKey key, long position, Place from, int offset) {}

  /** Lets what is still live be looked for in {@code to}. */
  synchronized void move(List<Move> moves, long removalBytes, SegmentFile to) {
    to.countRemoval(removalBytes);
    for (Move move : moves) {
      long bytes = move.from.length() + FRAME_COST;
      var place = new Place(to, move.offset, move.from.length(), move.from.checksum());
      if (replace(move, place)) {
        to.count(bytes);
      } else {
        to.countDead(bytes);
      }
    }
  }

  private boolean replace(Move move, Place place) {
    Entry entry = entry(move.key);
    if (entry == null) {
      return false;
    }
    if (move.kind == Frame.Kind.SNAPSHOT) {
      boolean live = entry.snapshot.filter(move.from::equals).isPresent();
      entry.snapshot = live ? Optional.of(place) : entry.snapshot;
      return live;
    }
    long index = move.position - entry.first;
    boolean live =
        index >= 0
            && index < entry.places.size()
            && entry.places.get((int) index).equals(move.from);
    if (live) {
      entry.places.set((int) index, place);
    }
    return live;
  }

  /**
   * Segments next to each other that are worth writing again as one; none: nothing is.
   *
   * @param sealed all that are full, in order
   * @param bytes about how large the new one may be
   */
  synchronized List<SegmentFile> worthRewriting(List<SegmentFile> sealed, long bytes) {
    for (int i = 0; i < sealed.size(); i++) {
      if (sealed.get(i).isMostlyDead()) {
        int from = sealed.get(i).hasRemovals() ? firstDead(sealed, i) : i;
        int until = from + 1;
        long live = sealed.get(from).liveBytes();
        while (until < sealed.size() && live + sealed.get(until).liveBytes() <= bytes) {
          live += sealed.get(until++).liveBytes();
        }
        return List.copyOf(sealed.subList(from, until));
      }
    }
    return List.of();
  }

  /** Whether a segment holds dead records: then a later removal must stay. */
  synchronized boolean hasDead(SegmentFile segment) {
    return segment.hasDead();
  }

  private static int firstDead(List<SegmentFile> sealed, int most) {
    int first = 0;
    while (first < most && !sealed.get(first).hasDead()) {
      first++;
    }
    return first;
  }

  private Entry entry(LogKey key) {
    var space = spaces.get(key.space());
    return space == null ? null : space.get(key.id());
  }
}
