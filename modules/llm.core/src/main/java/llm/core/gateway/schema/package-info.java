/**
 * Answers that have to fit a schema: how models are told of it that do not take one, what becomes
 * of an answer that does not fit, and that none is passed off as valid.
 */
package llm.core.gateway.schema;
