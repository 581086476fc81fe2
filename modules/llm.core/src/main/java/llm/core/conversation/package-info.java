/**
 * Conversations: their context, the change to a fresh one before it is full, and the turns that run
 * in it.
 */
package llm.core.conversation;
