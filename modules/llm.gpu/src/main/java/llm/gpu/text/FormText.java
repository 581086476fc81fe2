package llm.gpu.text;

import java.util.ArrayList;
import java.util.List;
import llm.core.template.answer.AnswerParser;
import llm.core.template.grammar.HeldReading;
import llm.domain.chat.StreamEvent;
import llm.gpu.grammar.LeadingSpace;

/**
 * An answer that is held to a form, with reasoning before it. Where it begins is said by what holds
 * it, so that just the text that was held is delivered: marks in it are text as all else. Where it
 * may be calls instead, its beginning says which of both it is. One generation; one thread.
 */
final class FormText {
  private static final int NOT_YET = -1;

  private final AnswerParser parts; // of what comes before, and of calls
  private final HeldReading reading;
  private final StringBuilder open = new StringBuilder(); // of which is not known what it is
  private int from = NOT_YET;
  private boolean skipsSpace;
  private int read; // characters
  private Kind kind = Kind.THOUGHT;

  private enum Kind {
    THOUGHT,
    OPEN,
    TEXT,
    CALLS
  }

  FormText(AnswerParser parts, HeldReading reading) {
    this.parts = parts;
    this.reading = reading;
  }

  /** It begins behind {@code from} characters. */
  void begins(int from, boolean skipsSpace) {
    this.from = from;
    this.skipsSpace = skipsSpace;
  }

  /** Whether it turned out to be calls. */
  boolean isCalls() {
    return kind == Kind.CALLS;
  }

  /** Takes more text. */
  List<StreamEvent> push(String text) {
    int before = from == NOT_YET ? text.length() : Math.clamp(from - read, 0, text.length());
    read += text.length();
    List<StreamEvent> events = new ArrayList<>();
    if (before > 0) {
      addThought(parts.push(text.substring(0, before)), events);
    }
    if (kind == Kind.THOUGHT && from != NOT_YET && read >= from) {
      kind = Kind.OPEN;
    }
    String rest = text.substring(before);
    String said = skipsSpace ? LeadingSpace.skip(rest) : rest;
    if (!said.isEmpty()) {
      skipsSpace = false;
    }
    if (kind == Kind.OPEN) {
      open.append(said);
      decide(events);
    } else if (!said.isEmpty()) {
      add(said, events);
    }
    return events;
  }

  /** What was held back, at the end. */
  List<StreamEvent> finish() {
    List<StreamEvent> events = new ArrayList<>();
    switch (kind) {
      case THOUGHT -> addThought(parts.finish(), events);
      case OPEN -> to(Kind.TEXT, events);
      case CALLS -> events.addAll(parts.finish());
      case TEXT -> {}
    }
    return events;
  }

  private void decide(List<StreamEvent> events) {
    if (!(reading instanceof HeldReading.Either either)) {
      to(Kind.TEXT, events);
    } else if (either.isCalls(open)) {
      to(Kind.CALLS, events);
    } else if (!either.isOpen(open)) {
      to(Kind.TEXT, events);
    }
  }

  private void to(Kind found, List<StreamEvent> events) {
    kind = found;
    if (found == Kind.TEXT) {
      addThought(parts.finish(), events);
    }
    if (!open.isEmpty()) {
      add(open.toString(), events);
    }
    open.setLength(0);
  }

  private void add(String said, List<StreamEvent> events) {
    if (kind == Kind.CALLS) {
      events.addAll(parts.push(said));
    } else {
      events.add(new StreamEvent.TextDelta(said));
    }
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
