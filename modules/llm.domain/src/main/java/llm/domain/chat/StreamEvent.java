package llm.domain.chat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.domain.call.CancelReason;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;

/**
 * What a model's answer is made of while it comes. A stream is: {@link Started}, then any number of
 * deltas, then exactly one {@link Terminal}.
 */
public sealed interface StreamEvent {

  /** The upstream has accepted; {@code model} is the model that answers. */
  record Started(String model) implements StreamEvent {}

  /**
   * More of the answer.
   *
   * @param text whole characters; empty only where {@code logprobs} are all there is to say, as of
   *     a token that is a part of a character
   * @param logprobs of the tokens that came with it; empty where none were asked for
   */
  record TextDelta(String text, List<TokenLogprob> logprobs) implements StreamEvent {
    /** Copies the list. */
    public TextDelta {
      logprobs = List.copyOf(logprobs);
    }

    /** A delta without log probabilities. */
    public TextDelta(String text) {
      this(text, List.of());
    }
  }

  /** More of the model's reasoning, which is not part of the answer. */
  record ReasoningDelta(String text) implements StreamEvent {}

  /**
   * The provider's proof for the reasoning so far, which it wants back with it.
   *
   * @param dialect in which the provider gave it, and takes it back
   */
  record ReasoningSigned(String signature, Dialect dialect) implements StreamEvent {}

  /**
   * Reasoning that only its provider can read, and wants back.
   *
   * @param dialect in which the provider gave it, and takes it back
   */
  record ReasoningHidden(String data, Dialect dialect) implements StreamEvent {}

  /** What says nothing in words. Who does not know it passes over it. */
  sealed interface Note extends StreamEvent {}

  /** The text that follows says why the model does not answer. */
  record RefusalStarted() implements Note {}

  /**
   * What only one dialect knows, in its own words: callers who speak it are told, where it came.
   *
   * @param dialect whose it is
   * @param kind what it is; the readers and writers of the dialect know
   * @param json all of it
   */
  record Aside(Dialect dialect, String kind, JsonText json) implements Note {}

  /** The tool call number {@code index} (from 0) begins. */
  record ToolCallStarted(int index, String id, String name) implements StreamEvent {}

  /** More of the arguments of tool call {@code index}; fragments of JSON text. */
  record ToolArgumentsDelta(int index, String json) implements StreamEvent {}

  /** The last event of a stream. */
  sealed interface Terminal extends StreamEvent {
    /** Tokens taken, as far as they are known at this end. */
    Usage usage();

    /**
     * The end of a stream whose call was cancelled: exceeded limits are failures, the rest is a
     * cancellation.
     *
     * @param operation what ran, for the error's sentence
     * @param budget the limit that was exceeded, where one was
     */
    static Terminal of(CancelReason reason, String operation, Duration budget, Usage usage) {
      return reason.isFailure()
          ? new Failed(new LlmError.DeadlineExceeded(reason, operation, budget), usage)
          : new Cancelled(reason, usage);
    }
  }

  /**
   * The answer is complete.
   *
   * @param stopSequence the stop string that ended it, where the provider says so
   * @param extensions fields of the whole answer that only its provider's dialect knows
   */
  record Done(
      FinishReason finishReason, Usage usage, Optional<String> stopSequence, Extensions extensions)
      implements Terminal {
    /** An end of which nothing more is known. */
    public Done(FinishReason finishReason, Usage usage) {
      this(finishReason, usage, Optional.empty(), Extensions.NONE);
    }

    /** An end of which the provider's dialect says no more. */
    public Done(FinishReason finishReason, Usage usage, Optional<String> stopSequence) {
      this(finishReason, usage, stopSequence, Extensions.NONE);
    }

    /** The same end with these counts. */
    public Done withUsage(Usage other) {
      return new Done(finishReason, other, stopSequence, extensions);
    }
  }

  /** The answer is not complete and will not be. */
  record Failed(LlmError error, Usage usage) implements Terminal {}

  /** The call was cancelled; what came so far is all. */
  record Cancelled(CancelReason reason, Usage usage) implements Terminal {}
}
