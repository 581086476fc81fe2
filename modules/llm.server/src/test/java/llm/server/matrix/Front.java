package llm.server.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A dialect as its clients see it: how they ask, and how they understand what comes. */
interface Front {
  /** What stands in front of a stream's error. */
  record Error(String type, String message) {}

  /** The path that is asked. */
  String path(boolean stream);

  /** The body that asks for {@code wish}. */
  Map<String, Object> body(Wish wish, String model, boolean stream);

  /** What a whole answer says. */
  Told whole(Object body);

  /** What a stream's events say; fails where they do not follow the dialect. */
  Told stream(List<Event> events);

  /** The error of an answer with a status of failure. */
  Error error(Object body);

  /** The error in which a stream ended; fails where it did not end in one alone. */
  Error lastError(List<Event> events);

  /** What of a wish this dialect has words for. */
  default Wish says(Wish wish) {
    return wish;
  }

  /** What of an answer this dialect has words for. */
  default Told tells(Told told) {
    return told;
  }

  /**
   * How a proof of {@code dialect} stands in this one: as it is where it is at home, else marked.
   */
  default String proof(String dialect, String proof) {
    return proof;
  }

  /** One event of a stream. */
  record Event(String name, String data) {
    Object json() {
      return Json.parse(data);
    }
  }

  /** The events of a body, each a name and one line of data. */
  static List<Event> events(String body) {
    var events = new ArrayList<Event>();
    String name = "";
    String data = null;
    for (String line : body.split("\n", -1)) {
      if (line.isEmpty()) {
        if (data != null) {
          events.add(new Event(name, data));
        }
        name = "";
        data = null;
      } else if (line.startsWith("event: ")) {
        name = line.substring(7);
      } else if (line.startsWith("data: ")) {
        require(data == null, "two lines of data: " + body);
        data = line.substring(6);
      } else {
        require(line.startsWith(":"), "what is this line: " + line);
      }
    }
    require(data == null, "an event without an end: " + body);
    return events;
  }

  static void require(boolean right, String otherwise) {
    if (!right) {
      throw new AssertionError(otherwise);
    }
  }

  /** Bits that make one message of this kind, one after another. */
  static List<List<Said>> turns(List<Said> said) {
    var turns = new ArrayList<List<Said>>();
    String last = "";
    for (Said one : said) {
      String speaker =
          switch (one) {
            case Said.System _ -> "system";
            case Said.User _, Said.Picture _ -> "user";
            case Said.Thought _, Said.Assistant _, Said.Call _ -> "assistant";
            case Said.Result _ -> "tool";
          };
      if (!speaker.equals(last) || speaker.equals("tool")) {
        turns.add(new ArrayList<>());
      }
      turns.getLast().add(one);
      last = speaker;
    }
    return turns;
  }

  /** Calls that come in pieces. */
  final class Calls {
    private final Map<Long, String[]> calls = new LinkedHashMap<>();

    void begin(long index, String id, String name) {
      require(calls.put(index, new String[] {id, name, ""}) == null, "call " + index + " twice");
    }

    void add(long index, String arguments) {
      calls.get(index)[2] += arguments;
    }

    List<Said.Call> all() {
      return calls.values().stream()
          .map(call -> new Said.Call(call[0], call[1], Json.parse(call[2])))
          .toList();
    }
  }
}
