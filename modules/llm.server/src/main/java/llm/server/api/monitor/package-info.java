/** {@code WS /ws/monitor}: events, log lines and figures of the server, live (T-10). */
package llm.server.api.monitor;
