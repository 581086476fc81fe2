package llm.core.schema.regex;

import java.util.function.LongConsumer;

/** One search in one text. */
final class Search {
  private static final int NONE = -1; // there is no character

  private final Program program;
  private final String text;
  private final LongConsumer steps;
  private final int[] stack; // instructions to go on at
  private final int[] seenAt; // the round in which an instruction was last reached
  private int[] here; // instructions that wait for a character
  private int[] spare;
  private int hereSize;
  private int round = 1;
  private long work; // since it was told
  private boolean isMatch;

  Search(Program program, String text, LongConsumer steps) {
    this.program = program;
    this.text = text;
    this.steps = steps;
    this.stack = new int[2 * program.size() + 2];
    this.seenAt = new int[program.size()];
    this.here = new int[program.size()];
    this.spare = new int[program.size()];
  }

  boolean find() {
    steps.accept(program.size()); // of memory
    int before = NONE;
    int at = 0;
    while (true) {
      int c = at < text.length() ? text.codePointAt(at) : NONE;
      reach(0, before, c); // a match may begin anywhere
      if (isMatch || c == NONE) {
        return isMatch;
      }
      at += Character.charCount(c);
      step(c, at < text.length() ? text.codePointAt(at) : NONE);
      before = c;
      steps.accept(work + 1L);
      work = 0;
    }
  }

  /** Lets all who wait take {@code c}; {@code behind} comes after it. */
  private void step(int c, int behind) {
    int[] waiting = here;
    int count = hereSize;
    here = spare;
    spare = waiting;
    hereSize = 0;
    round++;
    for (int i = 0; i < count; i++) {
      if (program.set(waiting[i]).test(c)) {
        reach(waiting[i] + 1, c, behind);
      }
    }
  }

  /** Goes on at {@code from}, up to where a character is needed. */
  private void reach(int from, int before, int behind) {
    int top = 0;
    stack[top++] = from;
    while (top > 0) {
      int at = stack[--top];
      work++;
      if (seenAt[at] == round) {
        continue;
      }
      seenAt[at] = round;
      switch (program.op(at)) {
        case ONE -> here[hereSize++] = at;
        case JUMP -> stack[top++] = program.first(at);
        case FORK -> {
          stack[top++] = program.second(at);
          stack[top++] = program.first(at);
        }
        case BORDER -> {
          if (isAt(program.border(at), before, behind)) {
            stack[top++] = at + 1;
          }
        }
        case MATCH -> isMatch = true;
      }
    }
  }

  private static boolean isAt(Piece.Border border, int before, int behind) {
    boolean isWordEnd =
        (before != NONE && Characters.isWord(before))
            != (behind != NONE && Characters.isWord(behind));
    return switch (border) {
      case BEGINNING -> before == NONE;
      case END -> behind == NONE;
      case WORD -> isWordEnd;
      case NO_WORD -> !isWordEnd;
    };
  }
}
