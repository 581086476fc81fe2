/** Answers of the Responses API that are kept, gone on from, and made while nobody waits. */
package llm.core.response;
