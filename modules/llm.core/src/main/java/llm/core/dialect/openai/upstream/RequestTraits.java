package llm.core.dialect.openai.upstream;

/**
 * What of a request differs from server to server.
 *
 * @param outputLimit the field that limits the answer's tokens
 * @param streamUsage whether {@code stream_options.include_usage} is sent with a stream; servers
 *     that do not know it may refuse it
 * @param base64Vectors whether vectors are asked for in base64, which is less than half as long
 */
public record RequestTraits(OutputLimit outputLimit, boolean streamUsage, boolean base64Vectors) {
  /** What most servers take. */
  public static final RequestTraits COMMON = new RequestTraits(OutputLimit.MAX_TOKENS, true, false);

  /** The name of the field that limits the answer. */
  public enum OutputLimit {
    /** What the field's servers know. */
    MAX_TOKENS("max_tokens"),
    /** What OpenAI asks for since its reasoning models. */
    MAX_COMPLETION_TOKENS("max_completion_tokens");

    private final String field;

    OutputLimit(String field) {
      this.field = field;
    }

    String field() {
      return field;
    }
  }
}
