package llm.server.matrix;

import java.util.List;

/**
 * What is answered, whatever the dialect says it in.
 *
 * @param end {@code stop}, {@code stop_sequence}, {@code length}, {@code tool_calls} or {@code
 *     content_filter}
 * @param stopSequence which it was, or empty
 */
record Told(
    String thoughts,
    String signature,
    String text,
    List<Said.Call> calls,
    String end,
    String stopSequence,
    Counts counts) {

  /** Tokens. {@code prompt} has those from and into a cache, {@code completion} the thoughts'. */
  record Counts(long prompt, long cached, long written, long completion, long thoughts) {}

  static Told text(String text) {
    return new Told("", "", text, List.of(), "stop", "", new Counts(11, 0, 0, 7, 0));
  }

  Told withThoughts(String thought, String proof) {
    return new Told(thought, proof, text, calls, end, stopSequence, counts);
  }

  Told withText(String words) {
    return new Told(thoughts, signature, words, calls, end, stopSequence, counts);
  }

  Told withCalls(Said.Call... made) {
    return new Told(thoughts, signature, text, List.of(made), "tool_calls", stopSequence, counts);
  }

  Told withEnd(String why, String sequence) {
    return new Told(thoughts, signature, text, calls, why, sequence, counts);
  }

  Told withCounts(long prompt, long cached, long written, long completion, long thought) {
    return withCounts(new Counts(prompt, cached, written, completion, thought));
  }

  Told withCounts(Counts counted) {
    return new Told(thoughts, signature, text, calls, end, stopSequence, counted);
  }
}
