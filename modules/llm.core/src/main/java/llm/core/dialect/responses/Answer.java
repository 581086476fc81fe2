package llm.core.dialect.responses;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;

/**
 * A response while it is made: the events of a model put together to items. Text and reasoning are
 * items one after the other; calls of functions may grow side by side until the end. Not
 * thread-safe.
 */
public final class Answer {
  private static final String USAGE = "usage";

  private final Identity identity;
  private final Asked asked;
  private final boolean summary;
  private final List<OutputItem> items = new ArrayList<>();
  private final Map<Integer, OutputItem> calls = new HashMap<>();
  private Optional<OutputItem> open = Optional.empty(); // text or reasoning
  private Listener listener = new Listener() {};
  private ResponseStatus status = ResponseStatus.IN_PROGRESS;
  private Optional<Usage> usage = Optional.empty();
  private Optional<LlmError> error = Optional.empty();
  private Optional<FinishReason> cut = Optional.empty();
  private Map<String, JsonText> next = Map.of(); // fields of the next message
  private Map<String, JsonText> nextCall = Map.of(); // fields of it
  private Map<String, JsonText> said = Map.of(); // by the provider, of the answer
  private boolean refuses; // the next message does
  private boolean parted; // the reasoning that comes is another part of it
  private String model;

  /**
   * Whose answer it is.
   *
   * @param id as {@code resp_} and hexadecimal digits
   * @param createdSeconds when it began, since 1970
   * @param background whether it is made while nobody waits
   */
  public record Identity(String id, long createdSeconds, boolean background) {
    /** The id of the item number {@code index} of this answer. */
    String item(OutputItem.Kind kind, int index) {
      return kind.prefix() + id.substring(id.indexOf('_')) + "_" + index;
    }
  }

  /** Is told of items as they come. */
  interface Listener {
    /** An item begins. */
    default void opened(OutputItem item) {}

    /** More of an item, whose text it is already in. */
    default void grew(OutputItem item, String text, List<TokenLogprob> logprobs) {}

    /** An item's text has an annotation, which it is already in. */
    default void annotated(OutputItem item, JsonText annotation) {}

    /** Another part of reasoning begins; {@code before} is what came in the last one. */
    default void parted(OutputItem item, String before) {}

    /** An item has ended. */
    default void closed(OutputItem item) {}
  }

  /** An answer of which nothing came yet. */
  public Answer(Identity identity, String model, Asked asked, boolean summary) {
    this.identity = identity;
    this.model = model;
    this.asked = asked;
    this.summary = summary;
  }

  /** Has {@code other} told from now on. */
  void tell(Listener other) {
    listener = other;
  }

  /** Whether reasoning is told as its summary. */
  boolean isSummary() {
    return summary;
  }

  /** How far it is. */
  public ResponseStatus status() {
    return status;
  }

  /** What ended it, where it failed. */
  Optional<LlmError> error() {
    return error;
  }

  /** Takes a whole answer. */
  public void addWhole(ChatResult result) {
    add(new StreamEvent.Started(result.model()));
    if (result.course().isEmpty()) {
      addInOrder(result);
    } else {
      result.course().forEach(this::add);
    }
    add(
        new StreamEvent.Done(
            result.finishReason(), result.usage(), result.stopSequence(), result.extensions()));
  }

  private void addInOrder(ChatResult result) {
    for (Thought thought : result.thoughts()) {
      if (!thought.text().isEmpty()) {
        add(new StreamEvent.ReasoningDelta(thought.text()));
      }
      Dialect whose = thought.dialect();
      thought.signature().ifPresent(proof -> add(new StreamEvent.ReasoningSigned(proof, whose)));
      thought.hidden().ifPresent(data -> add(new StreamEvent.ReasoningHidden(data, whose)));
      closeOpen(ResponseStatus.COMPLETED);
    }
    if (!result.text().isEmpty() || !result.logprobs().isEmpty()) {
      add(new StreamEvent.TextDelta(result.text(), result.logprobs()));
    }
    int index = 0;
    for (ToolCall call : result.toolCalls()) {
      add(new StreamEvent.ToolCallStarted(index, call.id(), call.name()));
      add(new StreamEvent.ToolArgumentsDelta(index++, call.arguments().value()));
    }
  }

  /** Takes an event; after the terminal one there is none. */
  public void add(StreamEvent event) {
    switch (event) {
      case StreamEvent.Started(String who) -> model = who;
      case StreamEvent.TextDelta(String text, List<TokenLogprob> logprobs) -> {
        OutputItem item = current(OutputItem.Kind.MESSAGE);
        item.logprobs().addAll(logprobs);
        grow(item, text, logprobs);
      }
      case StreamEvent.ReasoningDelta(String text) -> {
        boolean empty = parted && text.startsWith(Asides.PARAGRAPH); // which is between the parts
        parted = false;
        String said = empty ? text.substring(Asides.PARAGRAPH.length()) : text;
        grow(current(OutputItem.Kind.REASONING), said, List.of());
      }
      case StreamEvent.ReasoningSigned(String proof, Dialect dialect) -> {
        current(OutputItem.Kind.REASONING).encrypted(field(proof, dialect));
        closeOpen(ResponseStatus.COMPLETED);
      }
      case StreamEvent.ReasoningHidden(String data, Dialect dialect) -> {
        closeOpen(ResponseStatus.COMPLETED);
        current(OutputItem.Kind.REASONING).encrypted(field(data, dialect));
        closeOpen(ResponseStatus.COMPLETED);
      }
      case StreamEvent.ToolCallStarted(int index, String id, String name) -> {
        closeOpen(ResponseStatus.COMPLETED);
        var kind = OutputItem.Kind.CALL;
        int place = items.size();
        var call = new OutputItem(kind, place, identity.item(kind, place), id, name);
        call.more(nextCall);
        nextCall = Map.of();
        calls.put(index, opened(call));
      }
      case StreamEvent.ToolArgumentsDelta(int index, String json) ->
          grow(calls.get(index), json, List.of());
      case StreamEvent.RefusalStarted _ -> {
        if (open.isPresent() && !open.get().text().isEmpty()) {
          closeOpen(ResponseStatus.COMPLETED); // words before it are a message of their own
        }
        refuses = true;
      }
      case StreamEvent.Aside(Dialect dialect, String kind, JsonText json) -> {
        if (dialect == Dialect.OPENAI_RESPONSES) {
          aside(kind, json);
        }
      }
      case StreamEvent.Terminal terminal -> finish(terminal);
    }
  }

  private void aside(String kind, JsonText json) {
    switch (kind) {
      case Asides.ITEM -> {
        closeOpen(ResponseStatus.COMPLETED);
        var item = new OutputItem(OutputItem.Kind.OTHER, items.size(), "");
        item.whole(json);
        close(opened(item), ResponseStatus.COMPLETED);
      }
      case Asides.MESSAGE -> {
        closeOpen(ResponseStatus.COMPLETED);
        next = JsonFields.of(json);
      }
      case Asides.REASONING -> closeOpen(ResponseStatus.COMPLETED);
      case Asides.PART -> part();
      case Asides.CALL -> nextCall = JsonFields.of(json);
      case Asides.ANNOTATION -> {
        OutputItem item = current(OutputItem.Kind.MESSAGE);
        item.annotations().add(json);
        listener.annotated(item, json);
      }
      default -> {
        // nobody's
      }
    }
  }

  private void part() {
    if (open.isPresent() && open.get().kind() == OutputItem.Kind.REASONING) {
      OutputItem item = open.get();
      String before = item.partText();
      item.beginPart();
      listener.parted(item, before);
      parted = true;
    }
  }

  private static String field(String data, Dialect dialect) {
    return new Proof(dialect, data).in(Dialect.OPENAI_RESPONSES);
  }

  private void finish(StreamEvent.Terminal terminal) {
    usage = Optional.of(terminal.usage());
    status =
        switch (terminal) {
          case StreamEvent.Done done -> {
            said = done.extensions().in(Dialect.OPENAI_RESPONSES);
            yield ended(done.finishReason());
          }
          case StreamEvent.Failed failed -> {
            error = Optional.of(failed.error());
            yield ResponseStatus.FAILED;
          }
          case StreamEvent.Cancelled cancelled -> {
            error = Optional.of(new LlmError.Cancelled(cancelled.reason()));
            yield cancelled.reason() == CancelReason.USER
                ? ResponseStatus.CANCELLED
                : ResponseStatus.FAILED;
          }
        };
    boolean whole = status == ResponseStatus.COMPLETED;
    if (whole && items.isEmpty()) {
      current(OutputItem.Kind.MESSAGE); // an empty text is said, too
    }
    var how = whole ? ResponseStatus.COMPLETED : ResponseStatus.INCOMPLETE;
    closeOpen(how);
    items.stream().filter(item -> !item.isOver()).forEach(item -> close(item, how));
  }

  private ResponseStatus ended(FinishReason reason) {
    return switch (reason) {
      case STOP, TOOL_CALLS, UNKNOWN -> ResponseStatus.COMPLETED;
      case LENGTH, CONTENT_FILTER -> {
        cut = Optional.of(reason);
        yield ResponseStatus.INCOMPLETE;
      }
      case ERROR -> {
        error =
            Optional.of(
                new LlmError.ProviderFailed(
                    model, "The model's provider ended the answer with an error."));
        yield ResponseStatus.FAILED;
      }
    };
  }

  private OutputItem current(OutputItem.Kind kind) {
    if (open.isPresent() && open.get().kind() == kind) {
      return open.get();
    }
    closeOpen(ResponseStatus.COMPLETED);
    int place = items.size();
    var item = new OutputItem(kind, place, identity.item(kind, place));
    if (kind == OutputItem.Kind.MESSAGE) {
      item.more(next);
      next = Map.of();
      if (refuses) {
        item.refuse();
        refuses = false;
      }
    }
    open = Optional.of(opened(item));
    return item;
  }

  private OutputItem opened(OutputItem item) {
    items.add(item);
    listener.opened(item);
    return item;
  }

  private void grow(OutputItem item, String text, List<TokenLogprob> logprobs) {
    item.text().append(text);
    listener.grew(item, text, logprobs);
  }

  private void closeOpen(ResponseStatus how) {
    if (open.isPresent()) {
      OutputItem item = open.get();
      open = Optional.empty();
      close(item, how);
    }
  }

  private void close(OutputItem item, ResponseStatus how) {
    item.end(how);
    listener.closed(item);
  }

  /**
   * The response object as it is now.
   *
   * @param stored whether it is kept
   */
  public byte[] json(boolean stored) {
    var out = new JsonOut(2_048);
    write(stored, out);
    return out.toBytes();
  }

  /** Writes the response object as it is now. */
  void write(boolean stored, JsonOut out) {
    out.object()
        .field("id", identity.id())
        .field("object", "response")
        .field("created_at", identity.createdSeconds())
        .field("status", status.wireName())
        .name("background")
        .value(identity.background())
        .name("error");
    error.ifPresentOrElse(failure -> ResponseErrors.write(failure, out), out::nothing);
    out.name("incomplete_details");
    cut.ifPresentOrElse(reason -> details(reason, out), out::nothing);
    out.field("model", model).name("output").array();
    items.forEach(item -> item.write(summary, out));
    out.endArray().name("usage");
    usage.filter(_ -> status.isOver()).ifPresentOrElse(tokens -> counts(tokens, out), out::nothing);
    out.name("store").value(stored);
    (said.isEmpty() ? asked : asked.with(said)).writeTo(out);
    said.forEach((name, value) -> {
      if (!Asked.isRepeated(name) && !name.equals(USAGE)) {
        out.name(name).json(value);
      }
    });
    out.endObject();
  }

  private static void details(FinishReason reason, JsonOut out) {
    String why = reason == FinishReason.LENGTH ? "max_output_tokens" : reason.wireName();
    out.object().field("reason", why).endObject();
  }

  private void counts(Usage tokens, JsonOut out) {
    if (!said.containsKey(USAGE)) {
      usage(tokens, out);
      return;
    }
    var ours = new JsonOut(256);
    usage(tokens, ours);
    var known = new JsonText(new String(ours.toBytes(), StandardCharsets.UTF_8));
    out.json(JsonFields.merged(known, said.get(USAGE)));
  }

  private static void usage(Usage usage, JsonOut out) {
    out.object()
        .field("input_tokens", usage.promptTokens())
        .name("input_tokens_details")
        .object()
        .field("cached_tokens", usage.cachedTokens())
        .field("cache_write_tokens", usage.cacheWriteTokens())
        .endObject()
        .field("output_tokens", usage.completionTokens())
        .name("output_tokens_details")
        .object()
        .field("reasoning_tokens", usage.reasoningTokens())
        .endObject()
        .field("total_tokens", usage.totalTokens())
        .endObject();
  }
}
