package llm.core.schema.valid;

import llm.domain.text.Excerpt;

/** A place in a JSON document. Written out only when it is told. Immutable. */
final class Place {
  /** The document as a whole. */
  static final Place ROOT = new Place(null, null, 0);

  private static final int MOST_PLAIN = 64;

  private final Place outer; // null: it is the root
  private final String name; // null: an index
  private final int index;
  private final int depth;

  private Place(Place outer, String name, int index) {
    this.outer = outer;
    this.name = name;
    this.index = index;
    this.depth = outer == null ? 0 : outer.depth + 1;
  }

  Place member(String of) {
    return new Place(this, of, 0);
  }

  Place element(int of) {
    return new Place(this, null, of);
  }

  /** How far inside it is; the root is 0. */
  int depth() {
    return depth;
  }

  /** As {@code items[2].name}; empty at the root. */
  String inValue() {
    return write("");
  }

  /** As {@code $.properties.a}. */
  String inSchema() {
    return write("$");
  }

  private String write(String root) {
    var path = new StringBuilder(root);
    append(path);
    return path.toString();
  }

  private void append(StringBuilder path) {
    if (outer == null) {
      return;
    }
    outer.append(path);
    if (name == null) {
      path.append('[').append(index).append(']');
    } else if (isPlain(name)) {
      path.append(path.isEmpty() ? "" : ".").append(name);
    } else {
      path.append('[').append(Excerpt.of(name)).append(']');
    }
  }

  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && name.length() <= MOST_PLAIN
        && name.chars()
            .allMatch(c ->
                Character.isLetterOrDigit(c) && !Character.isSurrogate((char) c)
                    || c == '_'
                    || c == '-'
                    || c == '$');
  }
}
