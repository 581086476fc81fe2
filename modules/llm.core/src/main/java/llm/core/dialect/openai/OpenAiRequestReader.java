package llm.core.dialect.openai;

import java.util.HashMap;
import java.util.Map;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Priority;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the body of {@code POST /v1/chat/completions}
 * (https://platform.openai.com/docs/api-reference/chat/create). Fields that are not known go along
 * as extensions, byte for byte; so do known fields that are not done, where the model's provider
 * speaks the dialect itself. Elsewhere those are refused by their path.
 */
public final class OpenAiRequestReader {
  private final ChatBody body = new ChatBody();
  private final Map<String, JsonText> extensions = new HashMap<>();
  private final UndoneFields undone = new UndoneFields();
  private boolean stream;
  private boolean streamOptions;
  private boolean includeUsage;

  private OpenAiRequestReader() {}

  /**
   * Reads a body.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson}, {@code InvalidRequest} or {@code Unsupported},
   *     or what the resolver throws
   */
  public static ChatCall read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(body, in -> new OpenAiRequestReader().call(in, resolver));
  }

  private ChatCall call(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    if (streamOptions && !stream) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "stream_options", "stream_options belong to a stream; send stream: true with them"));
    }
    extensions.putAll(undone.kept());
    ChatRequest request = body.request(resolver, Extensions.of(Dialect.OPENAI_CHAT, extensions));
    boolean asksMore = undone.refusal().isPresent() || undone.isFlex();
    if (asksMore && !resolver.reads(request.model(), Dialect.OPENAI_CHAT)) {
      request = hereOnly(request);
    }
    return new ChatCall(request, stream, includeUsage);
  }

  /** The request for a provider that does not speak the dialect. */
  private ChatRequest hereOnly(ChatRequest request) throws LlmException {
    if (undone.refusal().isPresent()) {
      throw undone.refusal().get();
    }
    boolean mayWait = undone.isFlex() && !body.hasPriority();
    return mayWait ? request.withPriority(Priority.BACKGROUND) : request;
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "stream" -> stream = in.flag();
      case "stream_options" -> {
        streamOptions = true;
        in.object(option -> streamOption(option, in));
      }
      case "priority" -> {
        if (in.isString()) {
          body.take(name, in);
        } else {
          extensions.put(name, in.cut()); // a number is vLLM's
        }
      }
      case "response_format", "reasoning_effort" -> undone.takeKnown(name, in, body);
      case "repeat_penalty", "repetition_penalty" -> {
        JsonText value = in.cut();
        extensions.put(name, value); // for its name: providers know one or the other
        JsonCursor.piece(value, in.path(), piece -> body.take(name, piece));
      }
      default -> {
        if (!body.take(name, in) && !undone.take(name, in)) {
          extensions.put(name, in.cut());
        }
      }
    }
  }

  private void streamOption(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "include_usage" -> includeUsage = in.flag();
      case "include_obfuscation" -> {
        if (in.flag()) {
          throw MessageReader.unsupported(in, "stream obfuscation; send false");
        }
      }
      default -> throw MessageReader.unknown(in, "stream option", name);
    }
  }
}
