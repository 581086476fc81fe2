/**
 * The client's side of HTTP/1.1 on the wire (RFC 9112): heads and bodies of responses, read from a
 * buffer that belongs to a connection. Knows no sockets and no limits of time. What is not HTTP is
 * a {@link java.net.ProtocolException}, an end too early an {@link java.io.EOFException}.
 */
package llm.providers.transport.http1;
