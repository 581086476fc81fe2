package llm.core.dialect.openai;

import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatResult;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.TokenLogprob;

/**
 * Writes log probabilities as OpenAI's dialect has them
 * (https://platform.openai.com/docs/api-reference/chat/object): of each token {@code token}, {@code
 * logprob}, {@code bytes}, which is null where they are not known, and {@code top_logprobs}.
 */
public final class LogprobsWriter {
  private LogprobsWriter() {}

  /** The value of a choice's {@code logprobs}, of these tokens, which may be a refusal's. */
  static void choice(List<TokenLogprob> tokens, boolean refusal, JsonOut out) {
    out.object().name("content");
    tokensOrNull(tokens, !refusal, out);
    out.name("refusal");
    tokensOrNull(tokens, refusal, out);
    out.endObject();
  }

  private static void tokensOrNull(List<TokenLogprob> tokens, boolean isTheirs, JsonOut out) {
    if (isTheirs) {
      tokens(tokens, out);
    } else {
      out.nothing();
    }
  }

  /**
   * The value of a whole answer's {@code logprobs}: null when they were not asked for, or a
   * provider that has none gave text without them; empty when no token was said at all.
   */
  static void answer(ChatResult result, SamplingOptions asked, JsonOut out) {
    boolean isSilent = result.text().isEmpty() && result.toolCalls().isEmpty();
    if (result.logprobs().isEmpty() && !(isSilent && asked.topLogprobs().isPresent())) {
      out.nothing();
    } else {
      choice(result.logprobs(), result.isRefusal(), out);
    }
  }

  /** An array of the tokens. */
  public static void tokens(List<TokenLogprob> tokens, JsonOut out) {
    out.array();
    for (TokenLogprob token : tokens) {
      begin(token.token(), token.logprob(), token.bytes(), out);
      out.name("top_logprobs").array();
      for (TokenLogprob.Top top : token.top()) {
        begin(top.token(), top.logprob(), top.bytes(), out);
        out.endObject();
      }
      out.endArray().endObject();
    }
    out.endArray();
  }

  private static void begin(String token, double logprob, List<Byte> bytes, JsonOut out) {
    out.object().field("token", token).name("logprob").value(logprob).name("bytes");
    if (bytes.isEmpty()) {
      out.nothing();
      return;
    }
    out.array();
    for (byte each : bytes) {
      out.value(each & 0xffL);
    }
    out.endArray();
  }
}
