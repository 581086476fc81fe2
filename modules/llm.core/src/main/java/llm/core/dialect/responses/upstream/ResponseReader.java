package llm.core.dialect.responses.upstream;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamError;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads an answer of {@code POST /responses}: the events of its stream, or the object in one piece.
 * An event is told by its {@code type}; types that are not known are passed over; items that tell
 * what the upstream did by itself (searches, code it ran) are told as they are. One that wants an
 * action which cannot be handed on is a failure. Not thread-safe; one answer each.
 */
public final class ResponseReader implements AnswerReader {
  private final UpstreamFailures failures;
  private final Items items;
  private final boolean logprobs;

  private Optional<Usage> usage = Optional.empty();
  private Optional<FinishReason> reason = Optional.empty();
  private final Map<String, JsonText> answer = new HashMap<>();
  private boolean handsOn;
  private boolean begun;

  /**
   * A reader for one answer.
   *
   * @param failures says in our words what an upstream says
   * @param callIds gives ids to tool calls that come without
   * @param logprobs whether the log probabilities of the tokens are wanted
   */
  public ResponseReader(UpstreamFailures failures, Supplier<String> callIds, boolean logprobs) {
    this.failures = failures;
    this.items = new Items(callIds);
    this.logprobs = logprobs;
  }

  /**
   * Hands on items that want an action, too.
   *
   * @param asked whether the caller asked for such tools, and so knows what to do
   */
  public ResponseReader handingOn(boolean asked) {
    handsOn = asked;
    return this;
  }

  @Override
  public void read(byte[] data, int offset, int length, Consumer<? super StreamEvent> events)
      throws LlmException {
    byte[] document = Arrays.copyOfRange(data, offset, offset + length);
    if (isDoneMark(document)) {
      return; // some servers send it; the answer ended before
    }
    ResponseEvent event;
    try {
      event = ResponseEvent.read(document);
    } catch (LlmException noEvent) {
      throw new LlmException(failures.noChunk(noEvent.error(), document), noEvent);
    }
    apply(event, events);
  }

  @Override
  public boolean isDone() {
    return reason.isPresent();
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public boolean isFinished() {
    return reason.isPresent();
  }

  @Override
  public Usage usage() {
    return usage.orElse(Usage.NONE);
  }

  @Override
  public StreamEvent.Terminal end() {
    if (!begun || reason.isEmpty()) {
      return failed(
          begun
              ? "ended its stream in the middle of the answer"
              : "ended its stream without an answer");
    }
    if (items.isIncomplete()) {
      return failed("began a tool call without the tool's name");
    }
    boolean calls = reason.get() == FinishReason.STOP && items.anyCalls();
    return new StreamEvent.Done(
        calls ? FinishReason.TOOL_CALLS : reason.get(),
        usage(),
        Optional.empty(),
        Extensions.of(Dialect.OPENAI_RESPONSES, answer));
  }

  @Override
  public StreamEvent.Terminal endWhole() {
    return end();
  }

  private StreamEvent.Failed failed(String what) {
    return new StreamEvent.Failed(failures.broke(what), usage());
  }

  private void apply(ResponseEvent event, Consumer<? super StreamEvent> events)
      throws LlmException {
    usage = event.usage.or(() -> usage);
    answer.putAll(event.answer);
    event
        .error
        .map(ResponseReader::withStatus)
        .ifPresent(found -> event.error = Optional.of(found));
    if (event.error.isPresent()) {
      throw new LlmException(failures.inStream(event.error.get()));
    }
    begun |= event.isAnswer;
    for (Item item : event.items) {
      if (!handsOn && Items.isBeyondUs(item)) {
        throw new LlmException(
            failures.broke(
                "answered with an item of type '" + item.type + "', which cannot be handed on"));
      }
    }
    boolean kept = piece(event, events);
    if (!kept || items.areTooMany()) {
      throw new LlmException(
          failures.broke("sent more items, or gave more arguments without a name, than are kept"));
    }
    status(event);
  }

  private boolean piece(ResponseEvent event, Consumer<? super StreamEvent> events) {
    int place = event.place;
    switch (event.type) {
      case "response.refusal.delta" -> {
        items.refusal(place, events);
        items.text(place, event.delta, List.of(), events);
      }
      case "response.output_text.annotation.added" ->
          event.annotation.ifPresent(json -> items.annotation(place, json, events));
      case "response.output_text.delta" ->
          items.text(place, event.delta, logprobs ? event.logprobs : List.of(), events);
      case "response.reasoning_summary_text.delta", "response.reasoning_text.delta" ->
          items.reasoning(place, event.delta, events);
      case "response.reasoning_summary_part.added" -> items.paragraph(place, events);
      case "response.function_call_arguments.delta" -> {
        return items.arguments(place, event.delta, events);
      }
      case "response.function_call_arguments.done" ->
          items.allArguments(place, event.arguments, events);
      case "response.output_item.added" ->
          event.items.forEach(item -> items.begun(place, item, events));
      case "response.output_item.done" -> whole(place, event.items, events);
      case "response.completed", "response.incomplete", "" -> whole(0, event.items, events);
      default -> {
        // of no interest
      }
    }
    return true;
  }

  private void whole(int first, List<Item> said, Consumer<? super StreamEvent> events) {
    int place = first;
    for (Item item : said) {
      if (!logprobs) {
        item.logprobs.clear();
      }
      items.whole(place++, item, events);
    }
  }

  /** The status counts with the answer as a whole: at the end of a stream, or all at once. */
  private void status(ResponseEvent event) throws LlmException {
    boolean isEnd =
        switch (event.type) {
          case "response.completed", "response.incomplete", "response.failed", "" -> true;
          default -> false;
        };
    if (!isEnd) {
      return;
    }
    reason =
        switch (event.status) {
          case "completed" -> Optional.of(FinishReason.STOP);
          case "incomplete" -> Optional.of(incomplete(event.incomplete));
          case "" -> Optional.of(byType(event));
          default -> Optional.empty();
        };
    if (reason.isEmpty()) {
      throw new LlmException(
          failures.broke("ended its answer with status '" + Excerpt.shortened(event.status) + "'"));
    }
  }

  private static FinishReason byType(ResponseEvent event) {
    boolean cut = event.type.equals("response.incomplete") || !event.incomplete.isEmpty();
    return cut ? incomplete(event.incomplete) : FinishReason.STOP;
  }

  private static FinishReason incomplete(String why) {
    return switch (why) {
      case "max_output_tokens", "max_tokens" -> FinishReason.LENGTH;
      case "content_filter" -> FinishReason.CONTENT_FILTER;
      default -> FinishReason.UNKNOWN;
    };
  }

  /** An error here has a word for its kind in place of a status. */
  private static UpstreamError withStatus(UpstreamError error) {
    if (error.status().isPresent()) {
      return error;
    }
    Optional<Integer> status =
        switch (error.code().orElse("")) {
          case "rate_limit_exceeded" -> Optional.of(429);
          case "server_error" -> Optional.of(500);
          case "invalid_prompt", "invalid_image", "image_too_large" -> Optional.of(400);
          default -> Optional.empty();
        };
    return new UpstreamError(
        error.message(), error.code(), status, error.promptTokens(), error.contextTokens());
  }

  private static boolean isDoneMark(byte[] data) {
    return data.length == 6 && data[0] == '[' && data[1] == 'D';
  }
}
