package llm.server.api;

import llm.core.dialect.llm.LlmErrors;
import llm.core.dialect.openai.OpenAiResponses;
import llm.server.http.Dispatcher;
import llm.server.http.ErrorFormat;

/** Errors under {@code /v1} look as OpenAI's, all others as ours. */
public final class ErrorDialects implements Dispatcher.Dialects {
  private static final ErrorFormat OURS =
      (error, request) -> LlmErrors.body(error, request.value());
  private static final ErrorFormat OPENAI = (error, _) -> OpenAiResponses.error(error);

  @Override
  public ErrorFormat of(String path) {
    return path.equals("/v1") || path.startsWith("/v1/") ? OPENAI : OURS;
  }
}
