package llm.server.tls;

/** Whether clients show a certificate (mutual TLS). */
public enum ClientAuth {
  /** They are not asked. */
  NONE,
  /** They are asked; one that shows none is served, one that shows a wrong one is not. */
  OPTIONAL,
  /** Without a certificate of the configured authorities there is no connection. */
  REQUIRED
}
