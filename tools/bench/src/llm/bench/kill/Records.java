package llm.bench.kill;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llm.bench.local.Fields;

/** Holds the records of a conversation against what its client knows of it. */
final class Records {
  private final Talk talk;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> answered = new HashSet<>();
  private int asked = -1; // index of the latest turn that was asked

  private Records(Talk talk) {
    this.talk = talk;
  }

  /**
   * What is wrong with {@code records}: an acknowledged message that is lost, doubled, changed or
   * out of order, or one that nobody said.
   */
  static List<String> problems(Talk talk, List<String> records) {
    var check = new Records(talk);
    for (int i = 0; i < records.size(); i++) {
      check.take(records.get(i), i);
    }
    check.end(records.isEmpty());
    return check.problems;
  }

  /** How many of the records tell of a change of context. */
  static long handovers(List<String> records) {
    return records.stream().filter(r -> Fields.text(r, "type").equals("handed_over")).count();
  }

  private void take(String record, int at) {
    if (!record.contains("\"position\":" + at + ",")) {
      wrong("stands at " + at, record);
    }
    String type = Fields.text(record, "type");
    if (type.equals("created") != (at == 0)) {
      wrong("is no beginning", record);
    }
    switch (type) {
      case "created" -> {
        if (!Fields.text(record, "system").equals(Talk.SYSTEM)) {
          wrong("has another system prompt", record);
        }
      }
      case "asked" -> ask(record);
      case "answered" -> answer(record);
      case "unanswered", "handed_over", "noted" -> {
        // said by nobody
      }
      default -> wrong("is of no kind that is known", record);
    }
  }

  private void ask(String record) {
    String turn = Fields.text(record, "turn_id");
    boolean again = asked >= 0 && turn.equals("t" + asked);
    if (again && answered.contains(turn)) {
      wrong("was asked again after its answer", record);
    }
    if (!again && !turn.equals("t" + (asked + 1))) {
      wrong("is out of order, after t" + asked, record);
      return;
    }
    asked = again ? asked : asked + 1;
    if (asked >= talk.size()
        || !talk.turns().get(asked).text().equals(Fields.text(record, "text"))) {
      wrong("was not said", record);
    }
  }

  private void answer(String record) {
    String turn = Fields.text(record, "turn_id");
    if (Fields.text(record, "finish_reason").isEmpty()) {
      return; // a part, told to nobody as the answer
    }
    if (!turn.equals("t" + asked) || asked >= talk.size()) {
      wrong("answers out of order, after the question t" + asked, record);
      return;
    }
    if (!answered.add(turn)) {
      wrong("was answered twice", record);
    }
    var known = talk.turns().get(asked).answer();
    if (known.isPresent() && !known.get().equals(Fields.text(record, "text"))) {
      wrong("was another answer: " + cut(known.get()), record);
    }
  }

  private void end(boolean empty) {
    if (empty) {
      problems.add(talk.id() + " has no records");
    }
    for (Talk.Turn turn : talk.turns()) {
      if (turn.answer().isPresent() && !answered.contains(turn.id())) {
        problems.add(talk.id() + ": the answer of " + turn.id() + " was acknowledged and is lost");
      }
      if (turn.hasBegun() && Integer.parseInt(turn.id().substring(1)) > asked) {
        problems.add(talk.id() + ": " + turn.id() + " was begun and what was asked is lost");
      }
    }
  }

  private void wrong(String what, String record) {
    problems.add(talk.id() + ": a record " + what + ": " + cut(record));
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(200, text.length()));
  }

  /** The objects of the array {@code records} of a conversation's body, as they stand there. */
  static List<String> split(String body) {
    var records = new ArrayList<String>();
    int depth = 0;
    int begin = 0;
    boolean quoted = false;
    for (int i = body.indexOf("\"records\":[") + 11; i < body.length(); i++) {
      char c = body.charAt(i);
      if (quoted) {
        i += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' && depth++ == 0) {
        begin = i;
      } else if (c == '}' && --depth == 0) {
        records.add(body.substring(begin, i + 1));
      } else if (c == ']' && depth == 0) {
        break;
      }
    }
    return records;
  }
}
