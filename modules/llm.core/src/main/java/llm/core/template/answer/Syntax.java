package llm.core.template.answer;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The marks of a format.
 *
 * @param openers what a call begins with
 * @param body what follows
 * @param closers what may follow a call and says nothing
 * @param silent what says nothing anywhere
 * @param bare whether an answer that begins with a brace may be a call
 * @param thinkBegin what reasoning begins with
 * @param thinkEnd what it ends with
 */
record Syntax(
    List<String> openers,
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
      new Syntax(List.of(), Body.NONE, List.of(), List.of(), false, "<think>", "</think>");
  static final Syntax HARMONY =
      new Syntax(List.of(), Body.CHANNELS, List.of(), CHANNEL_MARKS, false, "", "");

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
    CHANNELS
  }

  static Syntax of(String opener, Body body, String... closers) {
    return new Syntax(
        List.of(opener), body, List.of(closers), List.of(), false, "<think>", "</think>");
  }

  /** The same; an answer that begins with a brace may be a call too. */
  Syntax orBare() {
    return new Syntax(openers, body, closers, silent, true, thinkBegin, thinkEnd);
  }

  Syntax silent(String... marks) {
    return new Syntax(openers, body, closers, List.of(marks), bare, thinkBegin, thinkEnd);
  }

  Syntax thinking(String begin, String end) {
    return new Syntax(openers, body, closers, silent, bare, begin, end);
  }

  Set<String> marks() {
    Set<String> marks = new HashSet<>(openers);
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
            "<|tool_call_argument_begin|>"));
    return marks;
  }
}
