package llm.core.dialect.upstream;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import llm.domain.error.LlmError;

/**
 * Says in our words what goes wrong with one upstream. What the upstream said goes along, bounded;
 * but not what it says of our credentials, which may quote them. Immutable.
 *
 * @param provider the upstream's provider id
 * @param model the one that was asked for an answer to a prompt; empty where something else was
 */
public record UpstreamFailures(String provider, String model) {
  private static final int MOST_QUOTED_BYTES = 200;
  private static final int SERVER_ERROR = 500;

  /** Of whatever is asked of a provider. */
  public UpstreamFailures(String provider) {
    this(provider, "");
  }

  /** Of a prompt for {@code asked}: that it is too long is said as we say it ourselves. */
  public UpstreamFailures ofPrompt(String asked) {
    return new UpstreamFailures(provider, asked);
  }

  /** An answer with a status of failure, its body read as far as it goes. */
  public LlmError refused(int status, byte[] body, Optional<Duration> retryAfter) {
    UpstreamError error = ErrorBody.read(body);
    return refusal(status, error, retryAfter);
  }

  /** An error that came in a stream or in a body that was announced as an answer. */
  public LlmError inStream(UpstreamError error) {
    if (error.status().isPresent()) {
      return refusal(error.status().get(), error, Optional.empty());
    }
    Optional<LlmError> tooLong = tooLong(0, error);
    if (tooLong.isPresent()) {
      return tooLong.get();
    }
    String said = error.message().isEmpty() ? "without saying why" : "saying: " + error.message();
    return broke("broke off its answer, " + said);
  }

  /** The upstream did what it must not do: {@code what} completes "Provider 'x' …". */
  public LlmError broke(String what) {
    return new LlmError.ProviderFailed(provider, subject() + what + ".");
  }

  /** What came in place of an answer, or a piece of one, is none. */
  public LlmError noChunk(LlmError found, byte[] data) {
    String why =
        found instanceof LlmError.InvalidJson(String detail, int line, int column)
            ? "no JSON (" + detail + " at line " + line + ", column " + column + ")"
            : "no chunk (" + found.message() + ")";
    return broke("sent " + why + ": " + quoted(data));
  }

  /** The first bytes of what came, as text that can be shown. */
  public static String quoted(byte[] data) {
    int length = Math.min(data.length, MOST_QUOTED_BYTES);
    String text = new String(data, 0, length, StandardCharsets.UTF_8);
    return UpstreamError.of(text).message() + (length < data.length ? "…" : "");
  }

  private LlmError refusal(int status, UpstreamError error, Optional<Duration> retryAfter) {
    int legal = status >= 400 && status <= 599 ? status : SERVER_ERROR;
    Optional<LlmError> tooLong = tooLong(legal, error);
    if (tooLong.isPresent()) {
      return tooLong.get();
    }
    return new LlmError.ProviderRefused(
        provider, legal, code(legal, error), message(legal, error), retryAfter);
  }

  private Optional<LlmError> tooLong(int status, UpstreamError error) {
    return model.isEmpty()
        ? Optional.empty()
        : ContextOverflow.in(status, error)
            .map(over ->
                new LlmError.ContextLengthExceeded(
                    model, over.promptTokens(), over.contextTokens()));
  }

  private static Optional<String> code(int status, UpstreamError error) {
    return isAboutUs(status) ? Optional.empty() : error.code();
  }

  private String message(int status, UpstreamError error) {
    if (isAboutUs(status)) {
      return subject()
          + "refused our credentials (status "
          + status
          + "); check its api_key in the configuration.";
    }
    String said = error.message().isEmpty() ? "" : ": " + error.message();
    return subject() + "answered with status " + status + said;
  }

  private static boolean isAboutUs(int status) {
    return status == 401 || status == 403;
  }

  private String subject() {
    return "Provider '" + provider + "' ";
  }
}
