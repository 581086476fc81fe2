package llm.core.resilience;

import java.time.Duration;
import java.util.Optional;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;

/** What failures say of those who were asked. */
public final class Faults {
  private static final int TOO_MANY = 429;
  private static final int SERVER_ERROR = 500;
  private static final int BAD_GATEWAY = 502;
  private static final int UNAVAILABLE = 503;
  private static final int GATEWAY_TIMEOUT = 504;
  private static final int OVERLOADED = 529; // Anthropic's own

  /** A caller who gave less time than this may have asked for too much. */
  private static final Duration PATIENT = Duration.ofSeconds(30);

  /** What a failure says of a provider. */
  enum Blame {
    /** It cannot be reached. */
    PROVIDER,
    /** It was reached, and the model did not serve. */
    MODEL,
    /** It was reached and answered as it should: the request was wrong. */
    NOBODY,
    /** Nothing. */
    UNKNOWN
  }

  private Faults() {}

  static Blame blame(LlmError error) {
    return switch (error) {
      case LlmError.ProviderUnreachable _ -> Blame.PROVIDER;
      case LlmError.ProviderFailed _ -> Blame.MODEL;
      case LlmError.ProviderRefused refused ->
          refused.httpStatus() >= SERVER_ERROR || refused.httpStatus() == TOO_MANY
              ? Blame.MODEL
              : Blame.NOBODY;
      case LlmError.DeadlineExceeded exceeded ->
          exceeded.reason() != CancelReason.DEADLINE || exceeded.budget().compareTo(PATIENT) >= 0
              ? Blame.MODEL
              : Blame.UNKNOWN;
      default -> Blame.UNKNOWN; // ours, or the caller's
    };
  }

  /** Whether the same target may do later what it could not now. */
  public static boolean mayPass(LlmError error, RetrySettings settings) {
    return switch (error) {
      case LlmError.ProviderUnreachable _, LlmError.ProviderFailed _ -> true;
      case LlmError.DeadlineExceeded exceeded -> exceeded.reason() != CancelReason.DEADLINE;
      case LlmError.ProviderRefused refused ->
          switch (refused.httpStatus()) {
            case TOO_MANY, UNAVAILABLE, GATEWAY_TIMEOUT, OVERLOADED -> true;
            case SERVER_ERROR -> settings.on500();
            case BAD_GATEWAY -> settings.on502();
            default -> false;
          };
      default -> false;
    };
  }

  /** When a provider wants to be asked again, if it said so. */
  public static Optional<Duration> retryAfter(LlmError error) {
    return error instanceof LlmError.ProviderRefused refused
        ? refused.retryAfter()
        : Optional.empty();
  }

  /** Whether nobody was there to be asked. */
  public static boolean isAway(LlmError error) {
    return error instanceof LlmError.ProviderUnreachable
        || error instanceof LlmError.ModelUnavailable;
  }

  /** In a word, for metrics and logs: a status, or our name for the failure. */
  public static String reason(LlmError error) {
    return error instanceof LlmError.ProviderRefused refused
        ? Integer.toString(refused.httpStatus())
        : error.code().wireName();
  }
}
