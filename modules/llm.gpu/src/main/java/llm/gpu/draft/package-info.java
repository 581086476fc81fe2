/**
 * Speculative decoding: tokens that may come next are drafted from what stands there already, and
 * verified in the step that would have computed one token alone. What is chosen is what would have
 * been chosen without.
 */
package llm.gpu.draft;
