package llm.domain.content;

import java.util.Optional;

/**
 * Reasoning that a model showed with an earlier answer, and that its provider wants back unchanged.
 *
 * @param text what it thought; empty where it is hidden
 * @param signature the provider's proof that it is its own
 * @param hidden the thought itself where the provider shows it to nobody; excludes the other two
 */
public record Thought(String text, Optional<String> signature, Optional<String> hidden) {
  /** Rejects a thought that is both shown and hidden. */
  public Thought {
    if (hidden.isPresent() && (!text.isEmpty() || signature.isPresent())) {
      throw new IllegalArgumentException("a hidden thought has no text and no signature");
    }
  }

  /** A thought that anybody may read, of a provider that signs nothing. */
  public static Thought of(String text) {
    return new Thought(text, Optional.empty(), Optional.empty());
  }

  /** A thought that only its provider can read. */
  public static Thought hidden(String data) {
    return new Thought("", Optional.empty(), Optional.of(data));
  }
}
