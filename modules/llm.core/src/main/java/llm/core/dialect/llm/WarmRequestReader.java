package llm.core.dialect.llm;

import java.time.Duration;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.ChatBody;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Priority;
import llm.domain.error.LlmException;
import llm.domain.prompt.WarmPrefix;

/**
 * Reads the body of {@code POST /llm/warm}: {@code messages} as in a chat, {@code model}, {@code
 * ttl_seconds} and {@code priority}, which is background unless it says otherwise. Any other field
 * is refused.
 */
public final class WarmRequestReader {
  private final ChatBody body = new ChatBody();
  private Duration keep = WarmPrefix.DEFAULT_KEEP;

  private WarmRequestReader() {}

  /**
   * Reads a body.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}, or what the resolver
   *     throws
   */
  public static WarmCall read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(body, in -> new WarmRequestReader().call(in, resolver));
  }

  private WarmCall call(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    ChatRequest prefix = body.request(resolver, Extensions.NONE);
    return new WarmCall(
        body.hasPriority() ? prefix : prefix.withPriority(Priority.BACKGROUND), keep);
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "model", "messages", "priority" -> body.take(name, in);
      case "ttl_seconds" -> keep = keep(in);
      default ->
          throw in.refusal(
              "The field '"
                  + in.path()
                  + "' is not known here; model, messages, ttl_seconds and priority are");
    }
  }

  private static Duration keep(JsonCursor in) throws LlmException {
    int seconds = in.integer();
    long most = WarmPrefix.LONGEST_KEEP.toSeconds();
    if (seconds < 1 || seconds > most) {
      throw in.refusal(in.path() + " " + seconds + " must be 1 to " + most);
    }
    return Duration.ofSeconds(seconds);
  }
}
