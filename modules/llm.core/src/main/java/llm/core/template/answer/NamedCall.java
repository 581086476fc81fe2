package llm.core.template.answer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A call as a name, a mark, and the arguments as JSON. */
final class NamedCall implements CallReader {
  private static final String NAME = "([A-Za-z0-9_.-]{1,64})";
  private static final int MAX_HEAD = 512; // characters before the arguments

  private final Pattern head;
  private final ValueScan scan = new ValueScan();
  private boolean told;

  /** A call of this form. */
  enum Form {
    /** {@code name>{…}}. */
    TAGGED(NAME + ">\\s*(?=\\{)"),
    /** {@code functions.name:0<|tool_call_argument_begin|>{…}}. */
    KIMI(
        "\\s*(?:functions\\.)?"
            + NAME
            + "(?::[0-9]+)?\\s*<\\|tool_call_argument_begin\\|>\\s*(?=\\{)"),
    /** {@code name<｜tool▁sep｜>{…}}, or {@code function<｜tool▁sep｜>name} and a fence. */
    DEEPSEEK("\\s*(?:function<｜tool▁sep｜>)?" + NAME + "(?:\\s*```json|<｜tool▁sep｜>)\\s*(?=\\{)"),
    /** {@code name[ARGS]{…}}. */
    MISTRAL("\\s*" + NAME + "\\s*(?:\\[CALL_ID\\]\\s*[\\w-]*\\s*)?(?:\\[ARGS\\])?\\s*(?=\\{)");

    private final Pattern pattern;

    Form(String pattern) {
      this.pattern = Pattern.compile(pattern);
    }
  }

  NamedCall(Form form) {
    this.head = form.pattern;
  }

  @Override
  public Outcome read(StringBuilder held, Calls calls, boolean last) {
    if (!told) {
      Matcher matcher = head.matcher(held);
      if (!matcher.lookingAt()) {
        boolean open = matcher.hitEnd() && !last && held.length() <= MAX_HEAD;
        return open ? Outcome.WAITING : Outcome.NO_CALL;
      }
      calls.begin(matcher.group(1));
      told = true;
      held.delete(0, matcher.end());
    }
    for (int at = 0; at < held.length(); at++) {
      switch (scan.next(held.charAt(at))) {
        case INSIDE -> {
          // more comes
        }
        case LAST -> {
          return done(held, at + 1, calls);
        }
        default -> {
          return done(held, at, calls);
        }
      }
    }
    done(held, held.length(), calls);
    return last ? Outcome.DONE : Outcome.WAITING;
  }

  private static Outcome done(StringBuilder held, int count, Calls calls) {
    calls.arguments(held.substring(0, count));
    held.delete(0, count);
    return Outcome.DONE;
  }
}
