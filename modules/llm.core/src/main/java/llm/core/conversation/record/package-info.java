/** What is kept of a conversation, and what it comes to when it is read again. */
package llm.core.conversation.record;
