package llm.core.gateway.route;

import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;

/**
 * Which refusals lead to the next target: those whose reason lies with this one. What is wrong with
 * the request itself would be wrong with the next target too.
 */
public final class Curable {
  private static final int BAD_REQUEST = 400;
  private static final int TOO_LARGE = 413;
  private static final int UNPROCESSABLE = 422;

  private Curable() {}

  /**
   * Whether a curable refusal says that the target is in trouble, and not that this one request is
   * beyond it: what it cannot do for one caller it may do soonest for the others.
   */
  public static boolean isTroubleOfTarget(LlmError error) {
    return switch (error) {
      case LlmError.Unsupported _,
          LlmError.ContextLengthExceeded _,
          LlmError.InputTooLong _,
          LlmError.ModelNotFound _ ->
          false;
      default -> byAnother(error);
    };
  }

  /** Whether another target might take what was refused with {@code error}. */
  public static boolean byAnother(LlmError error) {
    return switch (error) {
      case LlmError.ProviderUnreachable _,
          LlmError.ModelUnavailable _,
          LlmError.ModelNotFound _,
          LlmError.QueueFull _,
          LlmError.Overloaded _,
          LlmError.Unsupported _, // by this model
          LlmError.ContextLengthExceeded _, // another may have a larger window
          LlmError.InputTooLong _,
          LlmError.ProviderFailed _ -> // whatever had come of it
          true;
      case LlmError.ProviderRefused refused ->
          switch (refused.httpStatus()) {
            case BAD_REQUEST, TOO_LARGE, UNPROCESSABLE -> false;
            default -> true; // its key, its quota, its load, its fault
          };
      case LlmError.DeadlineExceeded exceeded ->
          exceeded.reason() == CancelReason.FIRST_TOKEN || exceeded.reason() == CancelReason.IDLE;
      case LlmError.Cancelled cancelled -> cancelled.reason() == CancelReason.SHUTDOWN; // its own
      case LlmError.InvalidRequest _,
          LlmError.InvalidJson _,
          LlmError.Unauthorized _,
          LlmError.Forbidden _,
          LlmError.NotFound _,
          LlmError.MethodNotAllowed _,
          LlmError.Conflict _,
          LlmError.IdempotencyKeyReused _,
          LlmError.LimitExceeded _,
          LlmError.PayloadTooLarge _,
          LlmError.UnsupportedMediaType _,
          LlmError.UnsupportedContentEncoding _,
          LlmError.UpgradeRequired _,
          LlmError.NotImplemented _,
          LlmError.ShuttingDown _,
          LlmError.StoreUnavailable _,
          LlmError.InvalidAnswer _,
          LlmError.Internal _ ->
          false;
    };
  }
}
