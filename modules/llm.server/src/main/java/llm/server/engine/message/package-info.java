/**
 * HTTP/1.1 messages (RFC 9110, RFC 9112) as bytes: reading requests strictly, writing heads. Knows
 * buffers, no sockets, threads or clocks.
 */
package llm.server.engine.message;
