/**
 * Whose turn it is: requests on their way through the engine, the queue they wait in, and what one
 * step computes of those in work. Knows no model.
 */
package llm.gpu.schedule;
