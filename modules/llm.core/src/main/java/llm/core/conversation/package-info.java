/** Conversations: their logs, their turns, and what is kept of them. */
package llm.core.conversation;
