package llm.core.gateway.schema;

import java.util.Optional;
import llm.core.gateway.schema.Repairs.Outcome;
import llm.core.schema.valid.Violation;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Judges a whole answer by its schema, and has it mended once where it does not fit. What is no
 * answer to be judged passes as it is: one that was cut by a limit or a filter says so, a refusal
 * and calls of tools are something else. One request's; one thread at a time.
 */
public final class Judge {
  /** Asks the target that gave the answer for another one. */
  @FunctionalInterface
  public interface Again {
    /** Blocks; {@code change} makes the request of the one before. */
    ChatResult ask(Change change, Call own) throws LlmException;
  }

  /** What is to be asked instead of {@code sent}. */
  @FunctionalInterface
  public interface Change {
    ChatRequest of(ChatRequest sent);
  }

  private final AskedSchema schema;
  private final SchemaSettings settings;
  private final Repairs repairs;
  private final Again again;
  private Usage spent = Usage.NONE;

  /** A judge of answers to a request with {@code schema}. */
  public Judge(AskedSchema schema, SchemaSettings settings, Repairs repairs, Again again) {
    this.schema = schema;
    this.settings = settings;
    this.repairs = repairs;
    this.again = again;
  }

  /** What the answers took that were judged. */
  Usage spent() {
    return spent;
  }

  /**
   * The answer, or the one that came in its place; its usage is that of both. Blocks while the
   * model is asked again, under {@code own}.
   *
   * @throws LlmException with {@code InvalidAnswer} when it does not fit, or with why there is no
   *     other one
   */
  public ChatResult judged(ChatResult first, String provider, Call own) throws LlmException {
    spent = first.usage();
    if (!isWhole(first)) {
      return first;
    }
    ChatResult plain = unfenced(first);
    Optional<Violation> violation = schema.check(plain.text());
    if (violation.isEmpty()) {
      return plain;
    }
    if (!settings.repair()) {
      repairs.tell(provider, violation.get(), Outcome.REFUSED, own);
      throw new LlmException(violation.get().toError());
    }
    return repaired(plain.text(), violation.get(), provider, own);
  }

  private ChatResult repaired(String text, Violation violation, String provider, Call own)
      throws LlmException {
    ChatResult second = again(text, violation, provider, own);
    spent = spent.plus(second.usage());
    ChatResult plain = unfenced(second).withUsage(spent);
    if (!isWhole(second)) {
      repairs.tell(provider, violation, Outcome.UNFINISHED, own);
      if (!second.toolCalls().isEmpty()) {
        throw new LlmException(violation.toError()); // it was to mend its words
      }
      return plain;
    }
    Optional<Violation> still = schema.check(plain.text());
    repairs.tell(provider, violation, still.isEmpty() ? Outcome.REPAIRED : Outcome.UNREPAIRED, own);
    if (still.isPresent()) {
      throw new LlmException(afterRepair(still.get()));
    }
    return plain;
  }

  private ChatResult again(String text, Violation violation, String provider, Call own)
      throws LlmException {
    try {
      return again.ask(sent -> SchemaWords.repairing(sent, text, violation), own);
    } catch (LlmException refused) {
      repairs.tell(provider, violation, Outcome.UNFINISHED, own);
      boolean isTooLong =
          refused.error() instanceof LlmError.ContextLengthExceeded
              || refused.error() instanceof LlmError.InputTooLong;
      throw isTooLong ? new LlmException(violation.toError(), refused) : refused;
    }
  }

  private static LlmError afterRepair(Violation violation) {
    return new LlmError.InvalidAnswer(
        violation.path(), violation.message() + ", even after it was shown what was wrong");
  }

  private static boolean isWhole(ChatResult answer) {
    FinishReason end = answer.finishReason();
    return (end == FinishReason.STOP || end == FinishReason.UNKNOWN)
        && answer.toolCalls().isEmpty()
        && !answer.isRefusal();
  }

  /** Where the words can be changed: nothing else counts them. */
  private static ChatResult unfenced(ChatResult answer) {
    boolean isPlain = answer.logprobs().isEmpty() && answer.course().isEmpty();
    String text = isPlain ? SchemaWords.withoutFence(answer.text()) : answer.text();
    return text.equals(answer.text())
        ? answer
        : new ChatResult(
            answer.model(),
            text,
            answer.thoughts(),
            answer.toolCalls(),
            answer.finishReason(),
            answer.stopSequence(),
            answer.usage(),
            answer.logprobs(),
            answer.course(),
            answer.extensions());
  }
}
