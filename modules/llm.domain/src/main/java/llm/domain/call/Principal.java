package llm.domain.call;

/**
 * Who a call is made for: the name of an API key, or {@link #LOCAL} where no key is configured.
 *
 * @param name the key's name, not blank; never the key itself
 */
public record Principal(String name) {
  /** The one principal of a server without keys, which serves loopback only. */
  public static final Principal LOCAL = new Principal("local");

  /** Rejects a blank name. */
  public Principal {
    if (name.isBlank()) {
      throw new IllegalArgumentException("principal name must not be blank");
    }
  }
}
