package llm.core.gateway.attempt;

import java.time.Duration;
import java.util.Optional;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;

/** What the end of a call's time, or its cancellation, is to whoever asked for an answer. */
public final class CallEnd {
  private CallEnd() {}

  /** What a provider is asked for, to be answered in one piece. */
  @FunctionalInterface
  public interface Question<T> {
    T ask() throws LlmException;
  }

  /**
   * Asks, and ends {@code own}, the call made for it. Where that was cancelled, its reason is the
   * failure, whatever the provider says.
   */
  public static <T> T ask(Call own, Route route, Log log, Question<T> question)
      throws LlmException {
    try {
      return question.ask();
    } catch (LlmException failure) {
      Optional<CancelReason> reason = own.cancelled();
      throw reason.isPresent() ? stopped(reason.get(), route, own) : failure;
    } catch (RuntimeException bug) {
      log.error("provider_threw").call(own).cause(bug).emit();
      throw new LlmException(new LlmError.Internal(), bug);
    } finally {
      own.end();
    }
  }

  /**
   * What is left of the call's time.
   *
   * @throws LlmException when that is nothing, or the call was cancelled
   */
  public static Duration remaining(Call call, Route route, TimeSource time) throws LlmException {
    Duration left = call.deadline().remaining(time.nanoTime());
    Optional<CancelReason> reason =
        call.cancelled()
            .or(() -> left.isZero() ? Optional.of(CancelReason.DEADLINE) : Optional.empty());
    if (reason.isEmpty()) {
      return left;
    }
    throw stopped(reason.get(), route, call);
  }

  /** The model as errors name it. */
  public static String nameOf(Route route) {
    return "Model '" + route.model() + "'";
  }

  /** The failure of a call that was cancelled for {@code reason}. */
  public static LlmException stopped(CancelReason reason, Route route, Call call) {
    return stopped(reason, nameOf(route), call);
  }

  /** The same of {@code operation}, which no model is concerned in. */
  public static LlmException stopped(CancelReason reason, String operation, Call call) {
    return new LlmException(
        reason.isFailure()
            ? new LlmError.DeadlineExceeded(reason, operation, call.deadline().budget())
            : new LlmError.Cancelled(reason));
  }
}
