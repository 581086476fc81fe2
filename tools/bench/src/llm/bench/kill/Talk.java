package llm.bench.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one client knows of one conversation: what it said, and what the server acknowledged. One
 * thread's at a time.
 */
public final class Talk {
  /** Who the assistant is said to be. */
  static final String SYSTEM = "Say it back.";

  private final String id;
  private final int length;
  private final List<Turn> turns = new ArrayList<>();
  private Stage stage = Stage.WANTED;
  private boolean mayBeGone;

  /** How far it has come, as the server acknowledged it. */
  enum Stage {
    WANTED,
    OPEN,
    LEAVING,
    DELETED
  }

  /** One turn; an answer once it was acknowledged. */
  static final class Turn {
    private final String id;
    private final String text;
    private Optional<String> answer = Optional.empty();
    private boolean begun;

    private Turn(String id, String text) {
      this.id = id;
      this.text = text;
    }

    String id() {
      return id;
    }

    String text() {
      return text;
    }

    /** The whole answer, once the server has acknowledged it. */
    Optional<String> answer() {
      return answer;
    }

    /** Whether the server has said that it began: what was asked is acknowledged then. */
    boolean hasBegun() {
      return begun;
    }

    void begun() {
      begun = true;
    }

    void answered(String whole) {
      answer = Optional.of(whole);
    }
  }

  /** One that is to have {@code length} turns. */
  Talk(String id, int length) {
    this.id = id;
    this.length = length;
  }

  String id() {
    return id;
  }

  Stage stage() {
    return stage;
  }

  void stage(Stage reached) {
    stage = reached;
  }

  /** Whether a try to delete it had no answer, so that another may find nothing. */
  boolean mayBeGone() {
    return mayBeGone;
  }

  void deleting() {
    mayBeGone = true;
  }

  /** Says one thing more; nothing may be pending. */
  Turn say(String text) {
    var turn = new Turn("t" + turns.size(), text);
    turns.add(turn);
    return turn;
  }

  List<Turn> turns() {
    return List.copyOf(turns);
  }

  int length() {
    return length;
  }

  int size() {
    return turns.size();
  }

  /** The turn that was not acknowledged yet. */
  Optional<Turn> pending() {
    return turns.isEmpty() || turns.getLast().answer().isPresent()
        ? Optional.empty()
        : Optional.of(turns.getLast());
  }
}
