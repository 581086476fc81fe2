/**
 * Generates text: one owner thread makes every native call, fed by a bounded queue; one model and
 * one sequence at a time.
 */
package llm.gpu.engine;
