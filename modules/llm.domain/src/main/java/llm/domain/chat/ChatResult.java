package llm.domain.chat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.domain.content.Thought;

/**
 * A whole answer.
 *
 * @param model the model that answered
 * @param text what it said
 * @param thoughts its reasoning, where the provider shows it
 * @param toolCalls the tools it calls
 * @param finishReason why it ended
 * @param stopSequence the stop string that ended it, where the provider says so
 * @param usage tokens taken
 * @param logprobs of the tokens of {@code text}, in their order; empty where none were asked for
 * @param course the answer as it came, deltas joined, where the other fields do not tell all of it
 *     or its order: notes, thoughts behind words, words behind calls; else empty
 * @param extensions fields of the whole answer that only its provider's dialect knows
 */
public record ChatResult(
    String model,
    String text,
    List<Thought> thoughts,
    List<ToolCall> toolCalls,
    FinishReason finishReason,
    Optional<String> stopSequence,
    Usage usage,
    List<TokenLogprob> logprobs,
    List<StreamEvent> course,
    Extensions extensions) {
  /** Copies the lists. */
  public ChatResult {
    thoughts = List.copyOf(thoughts);
    toolCalls = List.copyOf(toolCalls);
    logprobs = List.copyOf(logprobs);
    course = List.copyOf(course);
  }

  /** An answer that is thoughts, words and calls, in this order. */
  public ChatResult(
      String model,
      String text,
      List<Thought> thoughts,
      List<ToolCall> toolCalls,
      FinishReason finishReason,
      Optional<String> stopSequence,
      Usage usage,
      List<TokenLogprob> logprobs) {
    this(
        model,
        text,
        thoughts,
        toolCalls,
        finishReason,
        stopSequence,
        usage,
        logprobs,
        List.of(),
        Extensions.NONE);
  }

  /** An answer whose reasoning is text that anybody may read, or empty. */
  public ChatResult(
      String model,
      String text,
      String reasoning,
      List<ToolCall> toolCalls,
      FinishReason finishReason,
      Usage usage,
      List<TokenLogprob> logprobs) {
    this(
        model,
        text,
        reasoning.isEmpty() ? List.of() : List.of(Thought.of(reasoning)),
        toolCalls,
        finishReason,
        Optional.empty(),
        usage,
        logprobs);
  }

  /** The same without log probabilities. */
  public ChatResult(
      String model,
      String text,
      String reasoning,
      List<ToolCall> toolCalls,
      FinishReason finishReason,
      Usage usage) {
    this(model, text, reasoning, toolCalls, finishReason, usage, List.of());
  }

  /** The reasoning that is shown; empty where there is none. */
  public String reasoning() {
    return thoughts.stream().map(Thought::text).collect(Collectors.joining());
  }

  /** Whether its words say why the model does not answer. */
  public boolean isRefusal() {
    return course.stream().anyMatch(StreamEvent.RefusalStarted.class::isInstance);
  }

  /** The same answer with this usage. */
  public ChatResult withUsage(Usage other) {
    return new ChatResult(
        model,
        text,
        thoughts,
        toolCalls,
        finishReason,
        stopSequence,
        other,
        logprobs,
        course,
        extensions);
  }
}
