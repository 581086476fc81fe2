package llm.bench.kill;

import java.util.ArrayList;
import java.util.List;
import llm.bench.system.BenchFailure;

/** Checks of how records are compared with what was acknowledged, made when it is built. */
public final class KillChecks {
  private static final String CREATED = "\"type\":\"created\",\"system\":\"Say it back.\"";

  private KillChecks() {}

  /** Throws when something is not as it should be. */
  public static void all() {
    String t0 = asked("t0", "one \\\"{]}");
    String a0 = answered("t0", "Echo: one \\\"{]}", "\"stop\"");
    String t1 = asked("t1", "two");
    String a1 = answered("t1", "Echo: two", "\"stop\"");
    String part = answered("t1", "Echo:", "null");
    String not = "\"type\":\"unanswered\",\"turn_id\":\"t1\",\"error\":\"cancelled\"";
    String over = "\"type\":\"handed_over\",\"summary\":\"s\",\"ledger\":[{\"kind\":\"fact\"}]";
    expect("", CREATED, t0, a0, t1, a1);
    expect("", CREATED, t0, a0, over, t1, part, not, t1, t1, a1);
    expect("t0 was acknowledged and is lost", CREATED, t0, t1, a1);
    expect("t1 was acknowledged and is lost", CREATED, t0, a0, t1, part);
    expect("t1 was begun and what was asked is lost", CREATED, t0, a0);
    expect("was answered twice", CREATED, t0, a0, a0, t1, a1);
    expect("asked again after its answer", CREATED, t0, a0, t0, t1, a1);
    expect("out of order", CREATED, t1, a1, t0, a0);
    expect("answers out of order", CREATED, t0, t1, a0, a1);
    expect("was another answer", CREATED, t0, a0, t1, answered("t1", "Echo: 2", "\"stop\""));
    expect("was not said", CREATED, t0, a0, t1, a1, asked("t2", "three"));
    expect("was not said", CREATED, asked("t0", "no"), a0, t1, a1);
    expect("is no beginning", CREATED, CREATED, t0, a0, t1, a1);
    expect("has another system prompt", CREATED.replace("Say", "Cry"), t0, a0, t1, a1);
    expect("has no records");
  }

  private static String asked(String turn, String text) {
    return "\"type\":\"asked\",\"turn_id\":\"%s\",\"text\":\"%s\"".formatted(turn, text);
  }

  private static String answered(String turn, String text, String finish) {
    return "\"type\":\"answered\",\"turn_id\":\"%s\",\"text\":\"%s\",\"finish_reason\":%s"
        .formatted(turn, text, finish);
  }

  private static void expect(String problem, String... records) {
    var talk = new Talk("x", 2);
    for (String text : List.of("one \"{]}", "two")) {
      Talk.Turn turn = talk.say(text);
      turn.begun();
      turn.answered("Echo: " + text);
    }
    var body = new ArrayList<String>();
    for (String record : records) {
      body.add("{\"position\":" + body.size() + "," + record + ",\"at\":\"\"}");
    }
    String whole = "{\"id\":\"x\",\"records\":[" + String.join(",", body) + "],\"next_from\":null}";
    List<String> problems = Records.problems(talk, Records.split(whole));
    boolean right =
        problem.isEmpty()
            ? problems.isEmpty()
            : problems.stream().anyMatch(told -> told.contains(problem));
    if (!right) {
      throw new BenchFailure("the self-check failed: expected '" + problem + "', told " + problems);
    }
  }
}
