/**
 * The WebSocket protocol, RFC 6455, server side, over a connection that has left HTTP behind. An
 * endpoint is a {@link llm.server.ws.WebSocketEndpoint} among the routes; what it does with each
 * connection is a {@link llm.server.ws.WebSocketHandler}. No extension is offered, so no frame is
 * ever compressed.
 */
package llm.server.ws;
