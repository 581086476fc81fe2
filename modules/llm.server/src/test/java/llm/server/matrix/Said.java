package llm.server.matrix;

import java.util.Optional;

/** A bit of a conversation, whatever the dialect says it in. */
sealed interface Said {
  /** An instruction. */
  record System(String text) implements Said {}

  /** A user's words. */
  record User(String text) implements Said {}

  /** A user's image: an address, or {@code data:} with base64. */
  record Picture(String url) implements Said {}

  /** What the model thought, with its provider's proof or an empty one. */
  record Thought(String text, String signature) implements Said {}

  /** The model's words. */
  record Assistant(String text) implements Said {}

  /** The model's call of a tool; arguments as {@link Json} has them. */
  record Call(String id, String name, Object arguments) implements Said {}

  /** What a tool gave. */
  record Result(String id, String text, Optional<String> picture, boolean failed) implements Said {}
}
