package llm.server.api;

import java.util.Map;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.core.dialect.llm.LlmErrors;
import llm.core.dialect.openai.OpenAiResponses;
import llm.domain.call.CallId;
import llm.domain.error.LlmError;
import llm.server.http.Dispatcher;
import llm.server.http.ErrorFormat;
import llm.server.http.ErrorStatus;
import llm.server.http.Head;

/**
 * Errors under {@code /v1/messages} look as Anthropic's, and so do those of {@code /v1/models} for
 * its clients; others under {@code /v1} look as OpenAI's, all others as ours.
 */
public final class ErrorDialects implements Dispatcher.Dialects {
  private static final ErrorFormat OURS =
      (error, request) -> LlmErrors.body(error, request.value());
  private static final ErrorFormat OPENAI = (error, _) -> OpenAiResponses.error(error);
  private static final ErrorFormat ANTHROPIC = new Anthropic();

  @Override
  public ErrorFormat of(Head head) {
    String path = head.path();
    if (isUnder(path, "/v1/messages") || isUnder(path, "/v1/models") && isAnthropic(head)) {
      return ANTHROPIC;
    }
    return isUnder(path, "/v1") ? OPENAI : OURS;
  }

  /** Whether a client of Anthropic's API asks, which tells its version. */
  static boolean isAnthropic(Head head) {
    return head.anthropic().version().isPresent();
  }

  private static boolean isUnder(String path, String root) {
    return path.startsWith(root)
        && (path.length() == root.length() || path.charAt(root.length()) == '/');
  }

  /** Has a status of its own for what is overloaded, and the request's id in a header, too. */
  private static final class Anthropic implements ErrorFormat {
    private static final int OVERLOADED = 529;

    @Override
    public byte[] body(LlmError error, CallId request) {
      return AnthropicResponses.error(error, request.value());
    }

    @Override
    public int status(LlmError error) {
      return AnthropicResponses.isOverload(error) ? OVERLOADED : ErrorStatus.of(error);
    }

    @Override
    public Map<String, String> headers(CallId request) {
      return Map.of(AnthropicEndpoints.REQUEST_ID, request.value());
    }
  }
}
