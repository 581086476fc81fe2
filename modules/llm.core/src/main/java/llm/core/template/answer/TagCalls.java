package llm.core.template.answer;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A call as a name and tagged parameters, whose values have no types: they are what the tool's
 * schema says. Text is passed on as it comes, other values when they are whole. Closing tags of
 * parameters are found by their first occurrence, as the models' own templates write no escapes.
 */
final class TagCalls implements CallReader {
  private static final String NAME = "([A-Za-z0-9_.-]{1,64})";
  private static final int MAX_HEAD = 512; // characters before a name or a value

  private final Form form;
  private final boolean anyName;
  private State state = State.HEAD;
  private ParameterTypes types;
  private String parameter = "";
  private final StringBuilder value = new StringBuilder();
  private boolean valueBegun;
  private boolean isText;
  private int count;

  private enum State {
    HEAD,
    BETWEEN,
    VALUE
  }

  /** The tags. */
  enum Form {
    /** {@code <function=name><parameter=key>\nvalue\n</parameter></function>}. */
    FUNCTION(
        "\\s*(?:<function=)?" + NAME + ">",
        "<parameter=([^>\\n]{1,256})>",
        List.of("\n</parameter>", "</parameter>"),
        "</function>"),
    /** The same, its values without lines of their own. */
    SEED(
        "\\s*(?:<function=)?" + NAME + ">",
        "<parameter=([^>\\n]{1,256})>",
        List.of("</parameter>"),
        "</function>"),
    /** {@code name<arg_key>key</arg_key><arg_value>value</arg_value></tool_call>}. */
    GLM(
        "\\s*" + NAME + "\\s*(?=<arg_key>|</tool_call>)",
        "<arg_key>([^<]{1,256})</arg_key>\\s*<arg_value>",
        List.of("</arg_value>"),
        "</tool_call>"),
    /** {@code <invoke name="name"><parameter name="key">value</parameter></invoke>}. */
    INVOKE(
        "\\s*(?:<invoke name=)?\"?" + NAME + "\"?\\s*>",
        "<parameter name=\"?([^\">\\n]{1,256})\"?>",
        List.of("</parameter>"),
        "</invoke>");

    private final Pattern head;
    private final Pattern key;
    private final List<String> valueEnds; // that which takes more first
    private final String end;

    Form(String head, String key, List<String> valueEnds, String end) {
      this.head = Pattern.compile(head);
      this.key = Pattern.compile(key);
      this.valueEnds = valueEnds;
      this.end = end;
    }
  }

  /**
   * For one reading.
   *
   * @param anyName whether a mark said that it is a call, so that tools that were not offered count
   */
  TagCalls(Form form, boolean anyName) {
    this.form = form;
    this.anyName = anyName;
  }

  @Override
  public Outcome read(StringBuilder held, Calls calls, boolean last) {
    if (state == State.HEAD) {
      Matcher head = form.head.matcher(held);
      if (!head.lookingAt()) {
        boolean open = head.hitEnd() && !last && held.length() <= MAX_HEAD;
        return open ? Outcome.WAITING : Outcome.NO_CALL;
      }
      if (!anyName && !calls.isOffered(head.group(1))) {
        return Outcome.NO_CALL;
      }
      calls.begin(head.group(1));
      types = calls.types(head.group(1));
      held.delete(0, head.end());
      state = State.BETWEEN;
    }
    while (true) {
      if (state == State.VALUE && !value(held, calls, last)) {
        return last ? Outcome.DONE : Outcome.WAITING;
      }
      Outcome outcome = between(held, calls, last);
      if (state != State.VALUE) {
        return outcome;
      }
    }
  }

  /** Up to the next value or the end; what is neither ends the call, whose values are whole. */
  private Outcome between(StringBuilder held, Calls calls, boolean last) {
    int from = Held.leadingSpace(held);
    String rest = held.substring(from);
    if (rest.startsWith(form.end)) {
      held.delete(0, from + form.end.length());
      return ended(calls);
    }
    Matcher key = form.key.matcher(rest);
    if (key.lookingAt()) {
      held.delete(0, from + key.end());
      begin(key.group(1).strip(), calls);
      return Outcome.WAITING;
    }
    boolean open = Held.mayBecome(rest, form.end) || key.hitEnd() && rest.length() <= MAX_HEAD;
    if (open) {
      if (last) {
        held.setLength(0); // cut off: the arguments stay as open as they are
      }
      return last ? Outcome.DONE : Outcome.WAITING;
    }
    return ended(calls);
  }

  private Outcome ended(Calls calls) {
    calls.arguments(count == 0 ? "{}" : "}");
    return Outcome.DONE;
  }

  private void begin(String name, Calls calls) {
    parameter = name;
    isText = types.isText(name);
    value.setLength(0);
    valueBegun = false;
    calls.arguments((count++ == 0 ? "{" : ",") + ParameterTypes.quoted(name) + ":");
    if (isText) {
      calls.arguments("\"");
    }
    state = State.VALUE;
  }

  /** Whether the value has ended. */
  private boolean value(StringBuilder held, Calls calls, boolean last) {
    boolean framed = form.valueEnds.getFirst().startsWith("\n");
    if (!valueBegun && framed) {
      if (held.isEmpty()) {
        return false;
      }
      if (held.charAt(0) == '\n') {
        held.deleteCharAt(0);
      }
    }
    valueBegun = true;
    Held.Found end = Held.first(held, form.valueEnds);
    int sure = end != null ? end.at() : last ? held.length() : Held.openEnd(held, form.valueEnds);
    if (end == null && sure > 0 && !last && Character.isHighSurrogate(held.charAt(sure - 1))) {
      sure--;
    }
    if (isText) {
      calls.arguments(ParameterTypes.escaped(held.substring(0, sure)));
    } else {
      value.append(held, 0, sure);
    }
    held.delete(0, sure);
    if (end == null) {
      if (last && !isText) {
        calls.arguments(value); // cut off, as it is
      }
      return false;
    }
    held.delete(0, end.mark().length());
    calls.arguments(isText ? "\"" : types.json(parameter, value.toString()));
    state = State.BETWEEN;
    return true;
  }
}
