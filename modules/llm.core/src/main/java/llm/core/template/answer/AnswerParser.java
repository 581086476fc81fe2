package llm.core.template.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolDefinition;

/**
 * Takes a model's answer apart while it comes, in pieces cut anywhere: reasoning, text, calls of
 * tools. Events come as early as they are sure, none twice, and however the text is cut they say
 * the same.
 *
 * <ul>
 *   <li>What may be the beginning of a mark, and white space before one, is held back.
 *   <li>What only looked like a call is given as the text that it is.
 *   <li>A call is begun when its name and its arguments are there; arguments then come as the model
 *       writes them, and are not checked.
 *   <li>Reasoning is what stands between its marks at the beginning of the answer; white space
 *       around it is not part of it.
 * </ul>
 *
 * <p>One generation, one thread.
 */
public final class AnswerParser {
  private final Syntax syntax;
  private final boolean readsCalls;
  private final Calls calls;
  private final StringBuilder held = new StringBuilder();
  private final List<String> marks; // looked for in text
  private final Channels channels;
  private State state;
  private CallReader reader;
  private String opener = ""; // of the call that is read
  private String spaceBefore = ""; // held back before it
  private boolean thoughtBegun;

  private enum State {
    BEGINNING,
    THINKING,
    BEHIND_THOUGHT,
    TEXT,
    CALL,
    BEHIND_CALL,
    CHANNELS
  }

  /** Where an answer begins. */
  public enum Beginning {
    /** Before everything. */
    ANSWER,
    /** In reasoning that the prompt has begun. */
    REASONING,
    /** In text that the prompt has begun. */
    TEXT
  }

  /**
   * For one answer.
   *
   * @param tools those that were offered; none: calls are not looked for
   * @param ids makes ids of calls
   */
  public AnswerParser(
      AnswerFormat format, Beginning beginning, List<ToolDefinition> tools, Supplier<String> ids) {
    this.syntax = format.syntax();
    this.readsCalls = !tools.isEmpty();
    this.calls = new Calls(tools, ids);
    this.marks = new ArrayList<>(syntax.silent());
    if (readsCalls) {
      marks.addAll(syntax.openers());
    }
    this.channels = new Channels(calls, beginning);
    this.state =
        syntax.body() == Syntax.Body.CHANNELS
            ? State.CHANNELS
            : switch (beginning) {
              case ANSWER -> State.BEGINNING;
              case REASONING -> State.THINKING;
              case TEXT -> State.TEXT;
            };
  }

  /** Takes more text and returns what is sure now. */
  public List<StreamEvent> push(String text) {
    held.append(text);
    advance(false);
    return calls.take();
  }

  /** The end: what was held back is what it looks like. */
  public List<StreamEvent> finish() {
    advance(true);
    if (state != State.THINKING || !isBlank()) {
      flush();
    }
    return calls.take();
  }

  /** Whether the answer calls tools. */
  public boolean called() {
    return calls.count() > 0;
  }

  /**
   * How the answer ended, when {@link #finish} was called and its model said {@code reason}: one
   * that calls tools waits for their results. One whose model broke off within a call, or wrote
   * arguments that are no JSON object, was cut, so that nobody takes the call for one to be made.
   */
  public FinishReason ended(FinishReason reason) {
    if (!called() || reason != FinishReason.STOP) {
      return reason;
    }
    return calls.areWhole() ? FinishReason.TOOL_CALLS : FinishReason.LENGTH;
  }

  private boolean isBlank() {
    return held.toString().isBlank();
  }

  private void flush() {
    if (state == State.THINKING) {
      calls.reasoning(held.substring(0, Held.withoutSpace(held, held.length())));
    } else if (state != State.BEHIND_CALL || !isBlank()) {
      calls.text(held);
    }
    held.setLength(0);
  }

  private void advance(boolean last) {
    boolean moved = true;
    while (moved) {
      moved =
          switch (state) {
            case BEGINNING -> beginning(last);
            case THINKING -> thinking(last);
            case BEHIND_THOUGHT -> behindThought(last);
            case TEXT -> text(last);
            case CALL -> call(last);
            case BEHIND_CALL -> behindCall(last);
            case CHANNELS -> channels.read(held, last);
          };
    }
  }

  private boolean beginning(boolean last) {
    int from = Held.leadingSpace(held);
    CharSequence rest = held.substring(from);
    if (!syntax.thinkBegin().isEmpty() && rest.toString().startsWith(syntax.thinkBegin())) {
      held.delete(0, from + syntax.thinkBegin().length());
      return to(State.THINKING);
    }
    boolean open = rest.isEmpty() || Held.mayBecome(rest, syntax.thinkBegin());
    return open && !last ? false : bareCall(rest, from) || to(State.TEXT);
  }

  /** An answer that begins with a brace, or with a list of Python's, may be a call. */
  private boolean bareCall(CharSequence rest, int from) {
    boolean python = syntax.body() == Syntax.Body.PYTHON;
    boolean next = state == State.BEHIND_CALL && syntax.body() == Syntax.Body.JSON;
    if (!readsCalls
        || !syntax.bare() && !next
        || rest.isEmpty()
        || rest.charAt(0) != (python ? '[' : '{')) {
      return false;
    }
    opener = held.substring(0, from);
    spaceBefore = "";
    held.delete(0, from);
    reader = python ? new PythonCalls(false) : new JsonCalls(false);
    return to(State.CALL);
  }

  private boolean thinking(boolean last) {
    if (!thoughtBegun) {
      held.delete(0, Held.leadingSpace(held));
      thoughtBegun = !held.isEmpty();
    }
    int end = held.indexOf(syntax.thinkEnd());
    if (end >= 0) {
      calls.reasoning(held.substring(0, Held.withoutSpace(held, end)));
      held.delete(0, end + syntax.thinkEnd().length());
      return to(State.BEHIND_THOUGHT);
    }
    int sure =
        Held.withoutSpace(
            held, last ? held.length() : Held.openEnd(held, List.of(syntax.thinkEnd())));
    calls.reasoning(held.substring(0, sure));
    held.delete(0, sure);
    return false;
  }

  private boolean behindThought(boolean last) {
    held.delete(0, Held.leadingSpace(held));
    if (held.isEmpty() && !last) {
      return false;
    }
    return bareCall(held.toString(), 0) || to(State.TEXT);
  }

  private boolean text(boolean last) {
    Held.Found found = Held.first(held, marks);
    if (found != null) {
      boolean silent = syntax.silent().contains(found.mark());
      calls.text(held.substring(0, silent ? found.at() : Held.withoutSpace(held, found.at())));
      opener = found.mark();
      spaceBefore = held.substring(Held.withoutSpace(held, found.at()), found.at());
      held.delete(0, found.at() + found.mark().length());
      if (!silent) {
        reader = reader();
        return to(State.CALL);
      }
      return true;
    }
    int sure = last ? held.length() : Held.openEnd(held, marks);
    if (!last && readsCalls) {
      sure = Held.withoutSpace(held, sure);
    }
    if (!last && sure > 0 && Character.isHighSurrogate(held.charAt(sure - 1))) {
      sure--;
    }
    calls.text(held.substring(0, sure));
    held.delete(0, sure);
    return false;
  }

  private CallReader reader() {
    return switch (syntax.body()) {
      case TAGGED -> new NamedCall(NamedCall.Form.TAGGED);
      case KIMI -> new NamedCall(NamedCall.Form.KIMI);
      case DEEPSEEK -> new NamedCall(NamedCall.Form.DEEPSEEK);
      case MISTRAL -> new EitherCall();
      case FUNCTION -> new TagCalls(TagCalls.Form.FUNCTION, marked());
      case SEED -> new TagCalls(TagCalls.Form.SEED, marked());
      case GLM -> new TagCalls(TagCalls.Form.GLM, marked());
      case INVOKE -> new TagCalls(TagCalls.Form.INVOKE, marked());
      case PYTHON -> new PythonCalls(true);
      case JSON, NONE, CHANNELS -> new JsonCalls(true);
    };
  }

  /** Whether the mark says by itself that this is a call. */
  private boolean marked() {
    return state == State.BEHIND_CALL || opener.equals(syntax.openers().getFirst());
  }

  private boolean call(boolean last) {
    return switch (reader.read(held, calls, last)) {
      case WAITING -> false;
      case DONE -> to(State.BEHIND_CALL);
      case NO_CALL -> {
        calls.text(spaceBefore + opener);
        spaceBefore = "";
        yield to(State.TEXT);
      }
    };
  }

  /** White space and marks between calls say nothing. */
  private boolean behindCall(boolean last) {
    int from = Held.leadingSpace(held);
    String rest = held.substring(from);
    List<String> nothing = new ArrayList<>(syntax.closers());
    nothing.addAll(syntax.silent());
    for (String mark : nothing) {
      if (rest.startsWith(mark)) {
        held.delete(0, from + mark.length());
        return true;
      }
    }
    List<String> openers = new ArrayList<>(syntax.openers());
    openers.addAll(syntax.next());
    for (String mark : openers) {
      if (rest.startsWith(mark)) {
        held.delete(0, from + mark.length());
        spaceBefore = "";
        opener = mark;
        reader = reader();
        return to(State.CALL);
      }
    }
    boolean open =
        rest.isEmpty()
            || nothing.stream().anyMatch(mark -> Held.mayBecome(rest, mark))
            || openers.stream().anyMatch(mark -> Held.mayBecome(rest, mark));
    if (open && !last) {
      return false;
    }
    if (rest.isEmpty()) {
      held.setLength(0);
      return false;
    }
    spaceBefore = "";
    held.delete(0, from);
    return bareCall(rest, 0) || to(State.TEXT);
  }

  private boolean to(State next) {
    state = next;
    return true;
  }
}
