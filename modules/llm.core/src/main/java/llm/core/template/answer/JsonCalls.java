package llm.core.template.answer;

/**
 * Calls as JSON objects: one, or an array of them. An object that is no call before any was begun
 * is text; behind one it ends the calls.
 */
final class JsonCalls implements CallReader {
  private final boolean anyName;
  private final StringBuilder taken = new StringBuilder(); // until a call is begun
  private ObjectCall object;
  private boolean inArray;
  private boolean told;
  private boolean consumesLast; // the character that ended it

  /**
   * For one reading.
   *
   * @param anyName whether a mark said that it is a call, so that tools that were not offered count
   */
  JsonCalls(boolean anyName) {
    this.anyName = anyName;
  }

  @Override
  public Outcome read(StringBuilder held, Calls calls, boolean last) {
    int at = 0;
    Outcome outcome = Outcome.WAITING;
    while (at < held.length() && outcome == Outcome.WAITING) {
      char c = held.charAt(at);
      outcome = object == null ? between(c) : inside(c, calls);
      at += outcome == Outcome.WAITING || consumesLast ? 1 : 0;
      consumesLast = false;
    }
    if (!told) {
      taken.append(held, 0, at);
    }
    held.delete(0, at);
    if (object != null) {
      object.flush(calls);
    }
    if (outcome == Outcome.WAITING && last) {
      outcome = told ? Outcome.DONE : Outcome.NO_CALL;
    }
    if (outcome == Outcome.NO_CALL) {
      held.insert(0, taken);
    }
    return outcome;
  }

  private Outcome between(char c) {
    if (Character.isWhitespace(c)) {
      return Outcome.WAITING;
    }
    switch (c) {
      case '{' -> object = new ObjectCall(anyName);
      case '[' -> {
        if (inArray || told) {
          return end();
        }
        inArray = true;
      }
      case ',' -> {
        if (!inArray || !told) {
          return end();
        }
      }
      case ']' -> {
        consumesLast = inArray && told;
        return end();
      }
      default -> {
        return end();
      }
    }
    return Outcome.WAITING;
  }

  private Outcome end() {
    return told ? Outcome.DONE : Outcome.NO_CALL;
  }

  private Outcome inside(char c, Calls calls) {
    ObjectCall.State state = object.next(c, calls);
    told |= object.isTold();
    switch (state) {
      case OPEN -> {
        return Outcome.WAITING;
      }
      case WRONG -> {
        object.flush(calls);
        object = null;
        return end();
      }
      default -> {
        object.flush(calls);
        boolean call = object.isTold();
        object = null;
        consumesLast = true;
        return !call ? end() : inArray ? Outcome.WAITING : Outcome.DONE;
      }
    }
  }
}
