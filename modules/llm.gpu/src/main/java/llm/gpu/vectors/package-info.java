/**
 * Requests for vectors on their way through the engine: how they wait, and what of them goes into
 * one decode.
 */
package llm.gpu.vectors;
