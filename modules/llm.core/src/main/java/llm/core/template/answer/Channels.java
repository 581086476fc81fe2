package llm.core.template.answer;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Harmony: messages of a head and a body. The head names a channel, and for a call a recipient;
 * {@code analysis} is reasoning, all else without a recipient is text. One generation.
 */
final class Channels {
  private static final Pattern RECIPIENT = Pattern.compile("to=functions\\.([A-Za-z0-9_.-]{1,64})");
  private static final Pattern CHANNEL = Pattern.compile("<\\|channel\\|>\\s*([a-z]+)");
  private static final String BODY = "<|message|>";
  private static final List<String> BEGINS = List.of("<|start|>", "<|channel|>");
  private static final List<String> ENDS =
      List.of("<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>");

  private final Calls calls;
  private State state;

  Channels(Calls calls, AnswerParser.Beginning beginning) {
    this.calls = calls;
    this.state = beginning == AnswerParser.Beginning.TEXT ? State.TEXT : State.BEFORE;
  }

  private enum State {
    BEFORE,
    HEAD,
    REASONING,
    TEXT,
    ARGUMENTS
  }

  /** Takes what is sure from {@code held}; whether to go on. */
  boolean read(StringBuilder held, boolean last) {
    return switch (state) {
      case BEFORE -> before(held, last);
      case HEAD -> head(held, last);
      case REASONING, TEXT, ARGUMENTS -> body(held, last);
    };
  }

  private boolean before(StringBuilder held, boolean last) {
    int from = Held.leadingSpace(held);
    String rest = held.substring(from);
    boolean head =
        BEGINS.stream().anyMatch(rest::startsWith)
            || rest.startsWith("to=functions.")
            || rest.startsWith(BODY);
    boolean open =
        rest.isEmpty()
            || Held.mayBecome(rest, "to=functions.")
            || Held.mayBecome(rest, BODY)
            || BEGINS.stream().anyMatch(mark -> Held.mayBecome(rest, mark));
    if (!head && open && !last) {
      return false;
    }
    if (rest.isEmpty()) {
      held.setLength(0);
      return false;
    }
    state = head ? State.HEAD : State.TEXT;
    return true;
  }

  private boolean head(StringBuilder held, boolean last) {
    int end = held.indexOf(BODY);
    if (end < 0) {
      if (last) {
        held.setLength(0); // a head without a body says nothing
      }
      return false;
    }
    String head = held.substring(0, end);
    held.delete(0, end + BODY.length());
    Matcher recipient = RECIPIENT.matcher(head);
    Matcher channel = CHANNEL.matcher(head);
    if (recipient.find()) {
      calls.begin(recipient.group(1));
      state = State.ARGUMENTS;
    } else {
      boolean analysis = channel.find() && channel.group(1).equals("analysis");
      state = analysis ? State.REASONING : State.TEXT;
    }
    return true;
  }

  private boolean body(StringBuilder held, boolean last) {
    Held.Found end = Held.first(held, ENDS);
    int sure = end != null ? end.at() : last ? held.length() : Held.openEnd(held, ENDS);
    String text = held.substring(0, sure);
    switch (state) {
      case REASONING -> calls.reasoning(text);
      case ARGUMENTS -> calls.arguments(text);
      default -> calls.text(text);
    }
    held.delete(0, sure);
    if (end == null) {
      return false;
    }
    if (!BEGINS.contains(end.mark())) {
      held.delete(0, end.mark().length());
    }
    state = State.BEFORE;
    return true;
  }
}
