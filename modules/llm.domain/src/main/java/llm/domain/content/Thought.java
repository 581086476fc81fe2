package llm.domain.content;

import java.util.Optional;

/**
 * Reasoning that a model showed with an earlier answer, and that its provider wants back unchanged.
 *
 * @param text what it thought; empty where it is hidden
 * @param signature the provider's proof that it is its own
 * @param hidden the thought itself where the provider shows it to nobody; excludes the other two
 * @param dialect in which the provider gave signature or hidden thought, and takes them back; says
 *     nothing of a thought that has neither
 */
public record Thought(
    String text, Optional<String> signature, Optional<String> hidden, Dialect dialect) {
  /** Rejects a thought that is both shown and hidden. */
  public Thought {
    if (hidden.isPresent() && (!text.isEmpty() || signature.isPresent())) {
      throw new IllegalArgumentException("a hidden thought has no text and no signature");
    }
  }

  /** A thought that anybody may read, of a provider that signs nothing. */
  public static Thought of(String text) {
    return new Thought(text, Optional.empty(), Optional.empty(), Dialect.LLM);
  }

  /** A thought that its provider signed. */
  public static Thought signed(String text, Proof signature) {
    return new Thought(text, Optional.of(signature.data()), Optional.empty(), signature.dialect());
  }

  /** A thought that only its provider can read. */
  public static Thought hidden(Proof data) {
    return new Thought("", Optional.empty(), Optional.of(data.data()), data.dialect());
  }

  /** The signature, or the hidden thought. */
  public Optional<Proof> proof() {
    return signature.or(() -> hidden).map(data -> new Proof(dialect, data));
  }

  /** Whether a provider of {@code target} takes its signature, or the hidden thought, back. */
  public boolean isProvenIn(Dialect target) {
    return proof().isPresent() && dialect.isReadAs(target);
  }
}
