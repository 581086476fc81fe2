package llm.core.structured;

import llm.core.schema.JsonLimits;
import llm.core.schema.JsonProblem;
import llm.core.schema.PartialJson;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.RecordType;
import llm.core.schema.RecordValues;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * A model's answer as values of a record: what there is of it after each piece, then the whole,
 * which fits the record's schema (C-3).
 *
 * <ol>
 *   <li>{@link #next()} gives a {@code Partial} for each of the model's events that has changed the
 *       value; long values are told less often, see {@link RecordValues}.
 *   <li>The terminal event is {@code Complete} with the value, or {@code Failed} with {@code
 *       InvalidAnswer}: at the first character that cannot be JSON, the first value that does not
 *       fit, an end that comes too early. The model's stream is then closed.
 * </ol>
 *
 * <p>Reasoning and tool calls are no part of the answer. Threads and waiting as {@link EventStream}
 * says; it owns the model's stream.
 *
 * @param <T> the record
 */
public final class StructuredStream<T> extends JsonStream<StructuredEvent<T>> {
  private final RecordValues<T> values;

  private StructuredStream(
      EventStream<StreamEvent> upstream, PartialJson json, RecordValues<T> values) {
    super(upstream, json);
    this.values = values;
  }

  /** Reads {@code upstream} as one {@code type}; {@code framing} says what may stand around it. */
  public static <T> StructuredStream<T> of(
      EventStream<StreamEvent> upstream, RecordType<T> type, Framing framing, JsonLimits limits) {
    var json = new PartialJson(type.schema(), framing, limits);
    return new StructuredStream<>(upstream, json, type.values(json));
  }

  @Override
  StructuredEvent<T> changed() {
    return values.next().map(StructuredEvent.Partial::new).orElse(null);
  }

  @Override
  StructuredEvent<T> complete(StreamEvent.Done done) {
    return values
        .whole()
        .map(value -> new StructuredEvent.Complete<>(value, done.finishReason(), done.usage()))
        .orElse(null);
  }

  @Override
  JsonProblem refusal() {
    return values.problem().orElseThrow();
  }

  @Override
  StructuredEvent<T> failed(LlmError error, Usage usage) {
    return new StructuredEvent.Failed<>(error, usage);
  }

  @Override
  StructuredEvent<T> cancelled(StreamEvent.Cancelled end) {
    return new StructuredEvent.Cancelled<>(end.reason(), end.usage());
  }
}
