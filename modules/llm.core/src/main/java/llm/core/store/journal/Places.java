package llm.core.store.journal;

import java.util.Arrays;

/** The places of a log's live records, in order: 16 bytes each. Guarded by its owner. */
final class Places {
  private static final int FIRST_CAPACITY = 8;
  private SegmentFile[] segments = new SegmentFile[FIRST_CAPACITY];
  private int[] numbers = new int[FIRST_CAPACITY * 3]; // offset, length, checksum
  private int from; // of the first live one
  private int until;

  int size() {
    return until - from;
  }

  Place get(int index) {
    int at = from + index;
    return new Place(segments[at], numbers[at * 3], numbers[at * 3 + 1], numbers[at * 3 + 2]);
  }

  void add(Place place) {
    if (until == segments.length) {
      grow();
    }
    put(until++, place);
  }

  void set(int index, Place place) {
    put(from + index, place);
  }

  /** Forgets the first ones. */
  void dropFirst(int count) {
    Arrays.fill(segments, from, from + count, null);
    from += count;
  }

  private void put(int at, Place place) {
    segments[at] = place.segment();
    numbers[at * 3] = place.offset();
    numbers[at * 3 + 1] = place.length();
    numbers[at * 3 + 2] = place.checksum();
  }

  /** Moves the live ones to the front, of larger arrays when they need them. */
  private void grow() {
    int live = size();
    int capacity = Math.max(FIRST_CAPACITY, live + (live >> 1) + 1);
    var newSegments = new SegmentFile[capacity];
    var newNumbers = new int[capacity * 3];
    System.arraycopy(segments, from, newSegments, 0, live);
    System.arraycopy(numbers, from * 3, newNumbers, 0, live * 3);
    segments = newSegments;
    numbers = newNumbers;
    from = 0;
    until = live;
  }
}
