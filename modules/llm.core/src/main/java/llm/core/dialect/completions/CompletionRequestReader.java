package llm.core.dialect.completions;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.ChatBody;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the body of {@code POST /v1/completions}
 * (https://platform.openai.com/docs/api-reference/completions/create). The prompt becomes a user's
 * message: models here chat. Fields that are not known go along as extensions, byte for byte.
 */
public final class CompletionRequestReader {
  private static final int MOST_LOGPROBS = 5;

  /** Fields of chats that have no place here. */
  private static final Set<String> OF_CHATS =
      Set.of("messages", "tools", "tool_choice", "top_logprobs", "max_completion_tokens");

  private final ChatBody body = new ChatBody();
  private final Map<String, JsonText> extensions = new HashMap<>();
  private Optional<String> prompt = Optional.empty();
  private Optional<Integer> logprobs = Optional.empty();
  private boolean echo;
  private boolean stream;
  private boolean streamOptions;
  private boolean includeUsage;

  private CompletionRequestReader() {}

  /**
   * Reads a body.
   *
   * @param bytes UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson}, {@code InvalidRequest} or {@code Unsupported},
   *     or what the resolver throws
   */
  public static CompletionCall read(byte[] bytes, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(bytes, in -> new CompletionRequestReader().call(in, resolver));
  }

  private CompletionCall call(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    if (streamOptions && !stream) {
      throw invalid(
          "stream_options", "stream_options belong to a stream; send stream: true with them");
    }
    String text =
        prompt.orElseThrow(() -> invalid("prompt", "prompt is missing; it must be a string"));
    if (echo && logprobs.isPresent()) {
      throw unsupported("echo", "log probabilities of the prompt; send echo or logprobs");
    }
    body.add(Message.user(text));
    ChatRequest request = body.request(resolver, Extensions.of(Dialect.OPENAI_CHAT, extensions));
    if (logprobs.isPresent()) {
      SamplingOptions.Builder options = request.sampling().toBuilder();
      request = request.withSampling(options.topLogprobs(logprobs.get()).build());
    }
    return new CompletionCall(
        request, echo ? Optional.of(text) : Optional.empty(), stream, includeUsage);
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "prompt" -> prompt = Optional.of(prompt(in));
      case "stream" -> stream = in.flag();
      case "stream_options" -> {
        streamOptions = true;
        in.object(option -> streamOption(option, in));
      }
      case "echo" -> echo = in.flag();
      case "logprobs" -> logprobs = Optional.of(logprobs(in));
      case "suffix" -> {
        if (!in.string().isEmpty()) {
          throw unsupported(name, "a suffix; put it into the prompt, in words");
        }
      }
      case "n", "best_of" -> {
        if (in.integer() != 1) {
          throw unsupported(name, "several choices; send " + name + ": 1 and repeat the request");
        }
      }
      default -> {
        if (OF_CHATS.contains(name)) {
          throw unsupported(name, name + " in completions; ask /v1/chat/completions");
        }
        if (!body.take(name, in)) {
          extensions.put(name, in.cut());
        }
      }
    }
  }

  private static String prompt(JsonCursor in) throws LlmException {
    if (in.isString()) {
      return in.string();
    }
    if (!in.isArray()) {
      throw in.expected("a string");
    }
    var one = new StringBuilder();
    var count = new int[1];
    in.array(index -> {
      if (index > 0) {
        throw unsupported("prompt", "several prompts at once; send one and repeat the request");
      }
      if (!in.isString()) {
        throw unsupported("prompt", "prompts as token ids; send a string");
      }
      one.append(in.string());
      count[0]++;
    });
    if (count[0] == 0) {
      throw in.refusal("prompt must hold a string");
    }
    return one.toString();
  }

  private static int logprobs(JsonCursor in) throws LlmException {
    int count = in.integer();
    if (count < 0 || count > MOST_LOGPROBS) {
      throw in.refusal("logprobs " + count + " must be 0 to " + MOST_LOGPROBS);
    }
    return count;
  }

  private void streamOption(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "include_usage" -> includeUsage = in.flag();
      case "include_obfuscation" -> {
        if (in.flag()) {
          throw unsupported(in.path(), "stream obfuscation; send false");
        }
      }
      default -> throw unsupported(in.path(), "this stream option; leave it out");
    }
  }

  private static LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(path, "This server does not support " + what + "."));
  }

  private static LlmException invalid(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}
