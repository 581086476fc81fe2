/** The call contract: what travels with one request, and the stream that its answer comes by. */
package llm.domain.call;
