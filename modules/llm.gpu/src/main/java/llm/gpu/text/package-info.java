/**
 * From messages to tokens and from tokens to text: prompts, bytes of tokens, stop strings, log
 * probabilities, and a request's options as the sampler takes them.
 */
package llm.gpu.text;
