/** Texts as vectors: what is asked for, and what comes of it. */
package llm.domain.embedding;
