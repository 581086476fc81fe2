package llm.core.dialect.llm;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.ChatBody;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the body of {@code POST /llm/chat} and {@code POST /llm/stream}: {@code messages} or, for
 * one question, {@code prompt}; the rest has the names of the OpenAI dialect. A field that is not
 * known is refused: here nobody relays it.
 */
public final class LlmRequestReader {
  private final ChatBody body = new ChatBody();
  private Optional<String> prompt = Optional.empty();

  private LlmRequestReader() {}

  /**
   * Reads a body.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}, or what the resolver
   *     throws
   */
  public static ChatRequest read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(body, in -> new LlmRequestReader().request(in, resolver));
  }

  private ChatRequest request(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    if (prompt.isPresent()) {
      if (body.hasMessages()) {
        throw new LlmException(
            LlmError.InvalidRequest.at(
                "prompt", "prompt and messages exclude each other; send one of them"));
      }
      body.add(Message.user(prompt.get()));
    }
    return body.request(resolver, Extensions.NONE);
  }

  private void take(String name, JsonCursor in) throws LlmException {
    if (name.equals("prompt")) {
      prompt = Optional.of(in.string());
    } else if (!body.take(name, in)) {
      throw in.refusal("The field '" + in.path() + "' is not known here; leave it out");
    }
  }
}
