/**
 * TLS of the listener: certificates from PEM files that are looked at again while the server runs,
 * and a handshake that is over within its time.
 */
package llm.server.tls;
