package llm.core.dialect.anthropic.upstream;

/**
 * What of a request differs from upstream to upstream.
 *
 * @param thinking how models are told to think
 * @param interleaved whether a thinking budget is for several answers with tools between them, and
 *     may be more than one answer's limit
 */
public record RequestTraits(ThinkingStyle thinking, boolean interleaved) {
  /** Anthropic's own API. */
  public static final RequestTraits COMMON = new RequestTraits(ThinkingStyle.AUTO, false);
}
