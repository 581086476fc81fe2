package llm.gpu.text;

import java.util.ArrayList;
import java.util.List;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.StreamEvent;
import llm.gpu.grammar.LeadingSpace;

/**
 * An answer that is held to a form, with reasoning before it. Where it begins is said by what holds
 * it, so that just the text that was held is delivered: marks in it are text as all else. One
 * generation; one thread.
 */
final class FormText {
  private static final int NOT_YET = -1;

  private final AnswerParser thought; // of what comes before
  private int from = NOT_YET;
  private boolean skipsSpace;
  private int read; // characters
  private boolean begun;

  FormText(AnswerParser thought) {
    this.thought = thought;
  }

  /** It begins behind {@code from} characters. */
  void begins(int from, boolean skipsSpace) {
    this.from = from;
    this.skipsSpace = skipsSpace;
  }

  /** Takes more text. */
  List<StreamEvent> push(String text) {
    int before = from == NOT_YET ? text.length() : Math.clamp(from - read, 0, text.length());
    read += text.length();
    List<StreamEvent> events = new ArrayList<>();
    if (before > 0) {
      addThought(thought.push(text.substring(0, before)), events);
    }
    if (!begun && from != NOT_YET && read >= from) {
      begun = true;
      addThought(thought.finish(), events);
    }
    String rest = text.substring(before);
    String said = skipsSpace ? LeadingSpace.skip(rest) : rest;
    if (!said.isEmpty()) {
      skipsSpace = false;
      events.add(new StreamEvent.TextDelta(said));
    }
    return events;
  }

  /** What was held back, at the end. */
  List<StreamEvent> finish() {
    List<StreamEvent> events = new ArrayList<>();
    if (!begun) {
      addThought(thought.finish(), events);
    }
    return events;
  }

  /** All that comes before the answer is reasoning; calls do not count there. */
  private static void addThought(List<StreamEvent> told, List<StreamEvent> events) {
    for (StreamEvent event : told) {
      switch (event) {
        case StreamEvent.TextDelta text -> events.add(new StreamEvent.ReasoningDelta(text.text()));
        case StreamEvent.ReasoningDelta reasoning -> events.add(reasoning);
        default -> {}
      }
    }
  }
}
