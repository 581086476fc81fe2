/** Conversations in our own dialect: bodies of requests and answers, frames of a turn. */
package llm.core.conversation.wire;
