package llm.domain.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.call.EventStream;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Gathers the events of one stream into a {@link ChatResult}. Not thread-safe; one stream each. */
public final class ResultCollector {
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder(); // of the thought that comes
  private final List<Thought> thoughts = new ArrayList<>();
  private final List<PendingCall> calls = new ArrayList<>();
  private final List<TokenLogprob> logprobs = new ArrayList<>();
  private final List<StreamEvent> course = new ArrayList<>();
  private final StringBuilder run = new StringBuilder(); // deltas of one kind, not in course yet
  private int before; // log probabilities before the run
  private Rank rank = Rank.THOUGHT; // of what came last
  private boolean isOrdered = true; // thoughts, words, calls and nothing else
  private String model;

  private enum Rank {
    THOUGHT,
    WORDS,
    CALL
  }

  private record PendingCall(int index, String id, String name, StringBuilder arguments) {}

  /** Starts empty; {@code model} stands until the stream's {@code Started} names another. */
  public ResultCollector(String model) {
    this.model = model;
  }

  /**
   * Pulls {@code stream} to its end and closes it.
   *
   * @return the answer, when it ended as done
   * @throws LlmException when it ended as failed or cancelled
   */
  public static ChatResult collect(String model, EventStream<StreamEvent> stream)
      throws LlmException {
    try (stream) {
      var collector = new ResultCollector(model);
      while (true) {
        StreamEvent event = stream.next();
        if (event instanceof StreamEvent.Terminal terminal) {
          return collector.finish(terminal);
        }
        collector.add(event);
      }
    }
  }

  /**
   * Adds an event that is not terminal.
   *
   * @throws IllegalArgumentException for a terminal event, for a tool call started twice and for
   *     arguments of one that was not started
   */
  public void add(StreamEvent event) {
    switch (event) {
      case StreamEvent.Started started -> model = started.model();
      case StreamEvent.TextDelta delta -> {
        comes(Rank.WORDS);
        run.append(delta.text());
        text.append(delta.text());
        logprobs.addAll(delta.logprobs());
      }
      case StreamEvent.ReasoningDelta delta -> {
        comes(Rank.THOUGHT);
        run.append(delta.text());
        reasoning.append(delta.text());
      }
      case StreamEvent.ReasoningSigned(String signature, Dialect dialect) -> {
        whole(Rank.THOUGHT, event);
        thoughts.add(Thought.signed(reasoning.toString(), new Proof(dialect, signature)));
        reasoning.setLength(0);
      }
      case StreamEvent.ReasoningHidden(String data, Dialect dialect) -> {
        whole(Rank.THOUGHT, event);
        endThought();
        thoughts.add(Thought.hidden(new Proof(dialect, data)));
      }
      case StreamEvent.ToolCallStarted call -> start(call);
      case StreamEvent.ToolArgumentsDelta delta ->
          pending(delta.index()).arguments().append(delta.json());
      case StreamEvent.Note note -> {
        whole(rank, note);
        isOrdered = false;
      }
      case StreamEvent.Terminal _ ->
          throw new IllegalArgumentException("a terminal event goes to finish()");
    }
  }

  /** The text so far. */
  public String text() {
    return text.toString();
  }

  /** The tool calls so far, arguments as far as they came. */
  public List<ToolCall> toolCalls() {
    return calls.stream()
        .map(
            call -> new ToolCall(call.id(), call.name(), new JsonText(call.arguments().toString())))
        .toList();
  }

  /**
   * Ends the collection.
   *
   * @throws LlmException when the stream did not end as done
   */
  public ChatResult finish(StreamEvent.Terminal terminal) throws LlmException {
    return switch (terminal) {
      case StreamEvent.Done done -> {
        endThought();
        yield new ChatResult(
            model,
            text.toString(),
            thoughts,
            toolCalls(),
            done.finishReason(),
            done.stopSequence(),
            done.usage(),
            logprobs,
            course(),
            done.extensions());
      }
      case StreamEvent.Failed failed -> throw new LlmException(failed.error());
      case StreamEvent.Cancelled cancelled ->
          throw new LlmException(new LlmError.Cancelled(cancelled.reason()));
    };
  }

  private void endThought() {
    if (!reasoning.isEmpty()) {
      thoughts.add(Thought.of(reasoning.toString()));
      reasoning.setLength(0);
    }
  }

  /** A delta of this rank comes. */
  private void comes(Rank next) {
    if (next != rank) {
      endRun();
    }
    isOrdered &= next.compareTo(rank) >= 0;
    rank = next;
  }

  /** What is no delta comes. */
  private void whole(Rank next, StreamEvent event) {
    comes(next);
    endRun();
    course.add(event);
  }

  private void endRun() {
    boolean words = rank == Rank.WORDS && (!run.isEmpty() || before < logprobs.size());
    if (words) {
      course.add(
          new StreamEvent.TextDelta(run.toString(), logprobs.subList(before, logprobs.size())));
    } else if (!run.isEmpty()) {
      course.add(new StreamEvent.ReasoningDelta(run.toString()));
    }
    before = logprobs.size();
    run.setLength(0);
  }

  private List<StreamEvent> course() {
    if (isOrdered) {
      return List.of();
    }
    endRun();
    var all = new ArrayList<StreamEvent>();
    for (StreamEvent event : course) {
      all.add(event);
      if (event instanceof StreamEvent.ToolCallStarted call) {
        String arguments = pending(call.index()).arguments().toString();
        all.add(new StreamEvent.ToolArgumentsDelta(call.index(), arguments));
      }
    }
    return all;
  }

  private void start(StreamEvent.ToolCallStarted call) {
    if (find(call.index()).isPresent()) {
      throw new IllegalArgumentException("tool call " + call.index() + " was started already");
    }
    whole(Rank.CALL, call);
    calls.add(new PendingCall(call.index(), call.id(), call.name(), new StringBuilder()));
  }

  private PendingCall pending(int index) {
    return find(index)
        .orElseThrow(() -> new IllegalArgumentException("no tool call " + index + " was started"));
  }

  /** From the end, because fragments mostly belong to the call that was started last. */
  private Optional<PendingCall> find(int index) {
    for (int i = calls.size() - 1; i >= 0; i--) {
      if (calls.get(i).index() == index) {
        return Optional.of(calls.get(i));
      }
    }
    return Optional.empty();
  }
}
