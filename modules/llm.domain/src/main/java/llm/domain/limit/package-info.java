/** Limits on how much is asked for: what is claimed before a request, and what became of it. */
package llm.domain.limit;
