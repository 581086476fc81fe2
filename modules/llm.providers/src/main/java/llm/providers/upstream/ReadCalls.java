package llm.providers.upstream;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import llm.core.template.answer.AnswerParser;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/**
 * An answer of nothing but text, whose words are read for reasoning and calls of tools. An upstream
 * that tells a call itself is believed from there on.
 */
final class ReadCalls implements EventStream<StreamEvent> {
  private final EventStream<StreamEvent> words;
  private final AnswerParser parser;
  private final Deque<StreamEvent> ready = new ArrayDeque<>();
  private int calls; // read from words
  private boolean plain; // nothing more is read
  private boolean ended;

  ReadCalls(EventStream<StreamEvent> words, AnswerParser parser) {
    this.words = words;
    this.parser = parser;
  }

  @Override
  public StreamEvent next() throws LlmException {
    while (ready.isEmpty()) {
      advance();
    }
    return ready.poll();
  }

  /** A piece that gives no event must not pass for one that does. */
  @Override
  public boolean hasReady() {
    while (ready.isEmpty() && !ended && words.hasReady()) {
      try {
        advance();
      } catch (LlmException _) {
        return true; // next() says it
      }
    }
    return !ready.isEmpty();
  }

  @Override
  public void close() {
    words.close();
  }

  private void advance() throws LlmException {
    StreamEvent event = words.next();
    ended = event instanceof StreamEvent.Terminal;
    if (plain) {
      ready.add(shifted(event));
      return;
    }
    switch (event) {
      case StreamEvent.TextDelta text -> addAll(parser.push(text.text()));
      case StreamEvent.ToolCallStarted own -> {
        addAll(parser.finish());
        plain = true;
        ready.add(shifted(own));
      }
      case StreamEvent.Done done -> {
        addAll(parser.finish());
        FinishReason reason = parser.ended(done.finishReason());
        ready.add(
            new StreamEvent.Done(reason, done.usage(), done.stopSequence(), done.extensions()));
      }
      case StreamEvent.Terminal end -> {
        addAll(parser.finish());
        ready.add(end);
      }
      default -> ready.add(event);
    }
  }

  private void addAll(List<StreamEvent> events) {
    calls += (int) events.stream().filter(StreamEvent.ToolCallStarted.class::isInstance).count();
    ready.addAll(events);
  }

  /** The upstream's own calls count from behind those that were read. */
  private StreamEvent shifted(StreamEvent event) {
    return switch (event) {
      case StreamEvent.ToolCallStarted own ->
          new StreamEvent.ToolCallStarted(own.index() + calls, own.id(), own.name());
      case StreamEvent.ToolArgumentsDelta(int index, String json) ->
          new StreamEvent.ToolArgumentsDelta(index + calls, json);
      default -> event;
    };
  }
}
