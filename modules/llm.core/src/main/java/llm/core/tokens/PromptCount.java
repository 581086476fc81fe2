package llm.core.tokens;

/**
 * The tokens of a prompt.
 *
 * @param exact whether who reads the prompt counted them; else they are an estimate
 */
public record PromptCount(int tokens, boolean exact) {}
