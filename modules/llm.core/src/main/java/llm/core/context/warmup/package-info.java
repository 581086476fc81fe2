/** Makes the next context of a conversation ready: asks for summaries, keeps them and prefixes. */
package llm.core.context.warmup;
