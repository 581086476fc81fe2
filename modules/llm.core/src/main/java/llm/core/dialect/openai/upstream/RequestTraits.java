package llm.core.dialect.openai.upstream;

/**
 * What of a request differs from server to server.
 *
 * @param outputLimit the field that limits the answer's tokens
 * @param streamUsage whether {@code stream_options.include_usage} is sent with a stream; servers
 *     that do not know it may refuse it
 */
public record RequestTraits(OutputLimit outputLimit, boolean streamUsage) {
  /** What most servers take. */
  public static final RequestTraits COMMON = new RequestTraits(OutputLimit.MAX_TOKENS, true);

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
