package llm.core.template.answer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The marks of a format.
 *
 * @param openers what a call begins with; behind any but the first the tool must have been offered
 *     where the body says it
 * @param next what another call begins with behind one
 * @param body what follows
 * @param closers what may follow a call and says nothing
 * @param silent what says nothing anywhere
 * @param bare whether an answer that begins as a call does without its mark may be one
 * @param thinkBegin what reasoning begins with
 * @param thinkEnd what it ends with
 */
record Syntax(
    List<String> openers,
    List<String> next,
    Body body,
    List<String> closers,
    List<String> silent,
    boolean bare,
    String thinkBegin,
    String thinkEnd) {

  /** The marks of a message in channels. */
  static final List<String> CHANNEL_MARKS =
      List.of(
          "<|start|>",
          "<|channel|>",
          "<|message|>",
          "<|constrain|>",
          "<|end|>",
          "<|call|>",
          "<|return|>");

  static final Syntax NONE =
      new Syntax(
          List.of(), List.of(), Body.NONE, List.of(), List.of(), false, "<think>", "</think>");
  static final Syntax HARMONY =
      new Syntax(List.of(), List.of(), Body.CHANNELS, List.of(), CHANNEL_MARKS, false, "", "");

  /** What a call is made of. */
  enum Body {
    NONE,
    /** Objects that have name and arguments, alone or in an array. */
    JSON,
    /** The same, or a name and then the arguments. */
    MISTRAL,
    DEEPSEEK,
    TAGGED,
    KIMI,
    FUNCTION,
    SEED,
    GLM,
    INVOKE,
    PYTHON,
    CHANNELS
  }

  static Syntax of(String opener, Body body, String... closers) {
    return new Syntax(
        List.of(opener),
        List.of(),
        body,
        List.of(closers),
        List.of(),
        false,
        "<think>",
        "</think>");
  }

  /** The same; an answer that begins with a brace, or a list of Python's, may be a call too. */
  Syntax orBare() {
    return new Syntax(openers, next, body, closers, silent, true, thinkBegin, thinkEnd);
  }

  /** The same with another mark that a call may begin with. */
  Syntax or(String opener) {
    List<String> all = new ArrayList<>(openers);
    all.add(opener);
    return new Syntax(all, next, body, closers, silent, bare, thinkBegin, thinkEnd);
  }

  /** The same with a mark that another call may begin with. */
  Syntax next(String opener) {
    return new Syntax(openers, List.of(opener), body, closers, silent, bare, thinkBegin, thinkEnd);
  }

  Syntax silent(String... marks) {
    return new Syntax(openers, next, body, closers, List.of(marks), bare, thinkBegin, thinkEnd);
  }

  Syntax thinking(String begin, String end) {
    return new Syntax(openers, next, body, closers, silent, bare, begin, end);
  }

  Set<String> marks() {
    Set<String> marks = new HashSet<>(openers);
    marks.addAll(next);
    marks.addAll(closers);
    marks.addAll(silent);
    marks.add(thinkBegin);
    marks.add(thinkEnd);
    marks.addAll(
        List.of(
            "<think>",
            "</think>",
            "[ARGS]",
            "[CALL_ID]",
            "[TOOL_CONTENT]",
            "<｜tool▁sep｜>",
            "<|tool_call_argument_begin|>",
            "<arg_key>",
            "</arg_key>",
            "<arg_value>",
            "</arg_value>",
            "<function=",
            "</function>",
            "<parameter=",
            "</parameter>",
            "</invoke>"));
    return marks;
  }
}
