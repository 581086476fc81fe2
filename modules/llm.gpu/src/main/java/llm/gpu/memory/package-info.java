/**
 * How much memory a model takes, how much there is, whether the one fits the other, and which
 * models have it.
 */
package llm.gpu.memory;
