/** Tracing at the server's edges: the span of a request, and the way to the collector. */
package llm.server.trace;
