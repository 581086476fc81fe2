package llm.core.structured;

import llm.core.schema.JsonProblem;
import llm.core.schema.PartialJson;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the text of a model's stream as JSON and makes events of another kind of it. The first
 * thing wrong with the answer closes the model's stream and ends this one.
 *
 * @param <E> the events it makes
 */
abstract class JsonStream<E> implements EventStream<E> {
  private final EventStream<StreamEvent> upstream;
  private final PartialJson json;

  // of the consumer alone
  private E pending; // made and not handed out; null: none
  private boolean pendingEnds;
  private boolean ended;

  JsonStream(EventStream<StreamEvent> upstream, PartialJson json) {
    this.upstream = upstream;
    this.json = json;
  }

  /** The value has changed; null when there is nothing to say of it. */
  abstract E changed();

  /** The value is complete; null when it is refused all the same: {@link #refusal()}. */
  abstract E complete(StreamEvent.Done done);

  /** Why a complete value was refused. */
  abstract JsonProblem refusal();

  /** The sentence for a client, without the full stop. */
  String describe(JsonProblem problem) {
    return problem.message();
  }

  abstract E failed(LlmError error, Usage usage);

  abstract E cancelled(StreamEvent.Cancelled end);

  @Override
  public final E next() {
    if (ended) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    while (pending == null) {
      advance();
    }
    E event = pending;
    pending = null;
    ended = pendingEnds;
    return event;
  }

  @Override
  public final boolean hasReady() {
    while (!ended && pending == null && upstream.hasReady()) {
      advance();
    }
    return pending != null;
  }

  @Override
  public final void close() {
    upstream.close();
  }

  private void advance() {
    try {
      take(upstream.next());
    } catch (LlmException broken) {
      end(failed(broken.error(), Usage.NONE));
    }
  }

  private void take(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta delta -> text(delta.text());
      case StreamEvent.Done done -> done(done);
      case StreamEvent.Failed failed -> end(failed(failed.error(), failed.usage()));
      case StreamEvent.Cancelled cancelled -> end(cancelled(cancelled));
      case StreamEvent.Started _,
          StreamEvent.ReasoningDelta _,
          StreamEvent.ReasoningSigned _,
          StreamEvent.ReasoningHidden _,
          StreamEvent.Note _,
          StreamEvent.ToolCallStarted _,
          StreamEvent.ToolArgumentsDelta _ -> {
        // no part of the answer's text
      }
    }
  }

  private void text(String text) {
    boolean changed = json.feed(text);
    if (json.problem().isPresent()) {
      LlmError error = invalid(json.problem().get());
      upstream.close();
      end(failed(error, usageOfClosed()));
    } else if (changed) {
      pending = changed();
    }
  }

  private void done(StreamEvent.Done done) {
    if (!json.end()) {
      end(failed(invalid(json.problem().orElseThrow(), done.finishReason()), done.usage()));
      return;
    }
    E complete = complete(done);
    end(complete != null ? complete : failed(invalid(refusal()), done.usage()));
  }

  private void end(E terminal) {
    pending = terminal;
    pendingEnds = true;
  }

  /** What a stream that was closed early took; its end comes without much more before it. */
  private Usage usageOfClosed() {
    try {
      while (true) {
        if (upstream.next() instanceof StreamEvent.Terminal terminal) {
          return terminal.usage();
        }
      }
    } catch (LlmException _) {
      return Usage.NONE; // the answer is refused for what is wrong with it
    }
  }

  private LlmError invalid(JsonProblem problem) {
    return new LlmError.InvalidAnswer(problem.path(), describe(problem));
  }

  /** An answer that ends early ends for a reason that the caller can do something about. */
  private LlmError invalid(JsonProblem problem, FinishReason reason) {
    String why =
        switch (reason) {
          case LENGTH -> "; the answer was cut by its token limit: raise max_tokens";
          case CONTENT_FILTER -> "; the answer was cut by the provider's content filter";
          case TOOL_CALLS -> "; the model called tools instead";
          case STOP, ERROR, UNKNOWN -> "";
        };
    return new LlmError.InvalidAnswer(problem.path(), describe(problem) + why);
  }
}
