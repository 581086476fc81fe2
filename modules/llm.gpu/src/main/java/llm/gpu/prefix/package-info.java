/**
 * What a context remembers, by its tokens: sequences in work, and those kept so that a prompt that
 * begins alike need not be computed again. Knows no model and calls nothing native but through
 * {@link llm.gpu.llama.Sequences}.
 */
package llm.gpu.prefix;
