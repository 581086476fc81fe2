/**
 * Generates text and makes vectors: each model in memory has an owner thread that makes every
 * native call for it, fed by bounded queues; its requests are computed together.
 */
package llm.gpu.engine;
