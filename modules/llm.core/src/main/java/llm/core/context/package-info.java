/**
 * What a model is told of a conversation, and the change to a fresh context before that is full.
 */
package llm.core.context;
