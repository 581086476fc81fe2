package llm.core.template.answer;

/**
 * Calls as Python writes them, in a list: {@code [name(key="value", other=1), next()]}. Values are
 * literals and become JSON as they come. Before a call is begun its name, and its first parameter's
 * or the closing parenthesis, are there; values without a name are no call.
 */
final class PythonCalls implements CallReader {
  private static final int MAX_NAME = 256;

  private final boolean anyName;
  private final StringBuilder taken = new StringBuilder(); // until a call is begun
  private final StringBuilder word = new StringBuilder();
  private final StringBuilder json = new StringBuilder();
  private PythonValue value = new PythonValue(json);
  private State state = State.LIST;
  private String name = "";
  private boolean told; // any call
  private boolean begun; // this one
  private boolean inList;
  private int count; // of its parameters

  /** What comes. */
  private enum State {
    LIST,
    NAME,
    BEHIND_NAME,
    KEY,
    BEHIND_KEY,
    VALUE,
    BEHIND_VALUE,
    BEHIND_CALL,
    OVER,
    WRONG
  }

  /**
   * For one reading.
   *
   * @param anyName whether a mark said that it is a call, so that tools that were not offered count
   */
  PythonCalls(boolean anyName) {
    this.anyName = anyName;
  }

  @Override
  public Outcome read(StringBuilder held, Calls calls, boolean last) {
    int at = 0;
    while (at < held.length() && state != State.OVER && state != State.WRONG) {
      if (next(held.charAt(at), calls)) {
        at++;
      }
    }
    if (!told) {
      taken.append(held, 0, at);
    }
    held.delete(0, at);
    flush(calls);
    if (state != State.OVER && state != State.WRONG && !last) {
      return Outcome.WAITING;
    }
    if (!told) {
      held.insert(0, taken);
    }
    return told ? Outcome.DONE : Outcome.NO_CALL;
  }

  private void flush(Calls calls) {
    if (begun) {
      calls.arguments(json);
      json.setLength(0);
    }
  }

  /** Whether the character is used up. */
  private boolean next(char c, Calls calls) {
    if (state == State.VALUE) {
      return inValue(c);
    }
    if (Character.isWhitespace(c) && state != State.NAME && state != State.KEY) {
      return true;
    }
    if (Character.isWhitespace(c) && (word.isEmpty() || state == State.KEY)) {
      state = word.isEmpty() ? state : State.BEHIND_KEY;
      return true;
    }
    switch (state) {
      case LIST -> {
        inList = c == '[';
        state = State.NAME;
        return inList;
      }
      case NAME -> inName(c, calls);
      case BEHIND_NAME -> {
        if (c == ')') {
          return begin(calls) && closed(calls);
        }
        state = State.KEY;
        return false;
      }
      case KEY, BEHIND_KEY -> inKey(c, calls);
      case BEHIND_VALUE -> {
        switch (c) {
          case ',' -> state = State.KEY;
          case ')' -> closed(calls);
          default -> state = State.WRONG;
        }
      }
      default -> behindCall(c);
    }
    return state != State.WRONG;
  }

  private void inName(char c, Calls calls) {
    if (isOfName(c) && word.length() < MAX_NAME) {
      word.append(c);
      state = anyName || calls.mayBeOffered(word) ? state : State.WRONG;
    } else if (c == '(' && !word.isEmpty() && (anyName || calls.isOffered(word.toString()))) {
      name = word.toString();
      word.setLength(0);
      count = 0;
      state = State.BEHIND_NAME;
    } else {
      state = State.WRONG;
    }
  }

  private void inKey(char c, Calls calls) {
    if (state == State.KEY && isOfName(c) && word.length() < MAX_NAME) {
      word.append(c);
    } else if (c == '=' && !word.isEmpty()) {
      if (count == 0) {
        begin(calls);
      }
      json.append(count++ == 0 ? "{" : ",").append(ParameterTypes.quoted(word)).append(':');
      word.setLength(0);
      value = new PythonValue(json);
      state = State.VALUE;
    } else if (c == ')' && word.isEmpty() && count > 0) {
      closed(calls); // behind a comma
    } else {
      state = State.WRONG;
    }
  }

  private boolean inValue(char c) {
    return switch (value.next(c)) {
      case INSIDE -> true;
      case LAST -> {
        state = State.BEHIND_VALUE;
        yield true;
      }
      case BEHIND -> {
        state = State.BEHIND_VALUE;
        yield false;
      }
      case WRONG -> {
        state = State.WRONG;
        yield false;
      }
    };
  }

  private void behindCall(char c) {
    if (c == ']' && inList) {
      state = State.OVER;
    } else if (c == ',' && inList) {
      state = State.NAME;
    } else {
      state = State.WRONG;
    }
  }

  private boolean begin(Calls calls) {
    calls.begin(name);
    told = true;
    begun = true;
    return true;
  }

  private boolean closed(Calls calls) {
    json.append(count == 0 ? "{}" : "}");
    flush(calls);
    begun = false;
    state = inList ? State.BEHIND_CALL : State.OVER;
    return true;
  }

  private static boolean isOfName(char c) {
    return c < 0x80 && Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-';
  }
}
