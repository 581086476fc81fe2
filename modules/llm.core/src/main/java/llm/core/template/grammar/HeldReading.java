package llm.core.template.grammar;

import java.util.Set;

/** How an answer is read that is held to a grammar, behind reasoning perhaps. */
public sealed interface HeldReading {
  /** All of it is text, whatever it looks like. */
  record Text() implements HeldReading {}

  /** It is taken apart as any answer of its family. */
  record Parsed() implements HeldReading {}

  /**
   * It is calls where it begins with one of some texts, else text. No form that it may have instead
   * begins so.
   *
   * @param beginnings of calls; none is a part of another one's beginning
   */
  record Either(Set<String> beginnings) implements HeldReading {
    /** Copies the set. */
    public Either {
      beginnings = Set.copyOf(beginnings);
    }

    /** Whether a text that begins so is calls. */
    public boolean isCalls(CharSequence text) {
      String said = text.toString();
      return beginnings.stream().anyMatch(said::startsWith);
    }

    /** Whether it is not known yet which of both a text will be that begins so. */
    public boolean isOpen(CharSequence text) {
      String said = text.toString();
      return !isCalls(said)
          && beginnings.stream().anyMatch(beginning -> beginning.startsWith(said));
    }
  }
}
