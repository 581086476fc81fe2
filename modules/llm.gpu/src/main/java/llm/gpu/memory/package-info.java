/** How much memory a model takes, how much there is, and whether the one fits the other. */
package llm.gpu.memory;
