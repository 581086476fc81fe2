package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;

/**
 * An answer that was held, as it was delivered, to be looked at once more. Immutable; any thread
 * but the engine's, as that may take a second.
 */
public final class HeldText {
  private final Hold hold;
  private final byte[] bytes;
  private final int begunBytes;
  private final int kept;
  private final boolean isReasoning;
  private final boolean skipsSpace;

  /**
   * A text.
   *
   * @param bytes of the answer; a character may be cut; not to be changed
   * @param begunBytes of these that the request began it with
   * @param kept how many characters of the rest are part of it
   * @param isReasoning whether the answer has not begun
   * @param skipsSpace whether white space at its beginning is none of it
   */
  HeldText(
      Hold hold, byte[] bytes, int begunBytes, int kept, boolean isReasoning, boolean skipsSpace) {
    this.hold = hold;
    this.bytes = bytes;
    this.begunBytes = begunBytes;
    this.kept = kept;
    this.isReasoning = isReasoning;
    this.skipsSpace = skipsSpace;
  }

  /**
   * What is wrong with it, if it is over; it is read once more, from its beginning.
   *
   * @param wanted whether anybody waits for this still; where nobody does, it is not read to its
   *     end
   */
  public Optional<String> fault(BooleanSupplier wanted) {
    String all = new String(bytes, StandardCharsets.UTF_8);
    int begun = new String(bytes, 0, begunBytes, StandardCharsets.UTF_8).length();
    String cut = all.substring(0, Math.clamp((long) begun + kept, 0, all.length()));
    String text = skipsSpace ? LeadingSpace.skip(cut) : cut;
    try {
      return isOfGrammar(text, wanted)
          ? hold.asked().check().apply(text)
          : Optional.of("it is not of the grammar");
    } catch (GbnfException unusable) {
      return Optional.of(unusable.getMessage());
    }
  }

  private boolean isOfGrammar(String text, BooleanSupplier wanted) throws GbnfException {
    if (isReasoning) {
      return false;
    }
    GbnfState at = hold.gbnf().start();
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      if (!wanted.getAsBoolean()) {
        return false;
      }
      at = at.next(each);
      if (at.work() > HeldAnswer.MOST_WORK) {
        throw TokenMasks.tooInvolved("the answer was not read once more", HeldAnswer.MOST_WORK);
      }
    }
    return at.mayEnd();
  }
}
