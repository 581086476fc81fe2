package llm.core.structured;

import java.util.Optional;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.JsonProblem;
import llm.core.schema.PartialJson;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.RecordType;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * A model's {@link StructuredAnswer} as chunks for the user (C-2, C-3): metadata first, then what
 * the answer grows by, whole characters each. The internal thought is in no event, nor is any other
 * text of the model but the answer: errors say what was expected, and not what was found.
 *
 * <p>A chunk without text goes out as soon as both metadata are known and the answer has not begun,
 * so that whoever decides by them need not wait for the answer. A model that writes the answer
 * before them is heard only when they are known. A chunk costs what the answer has grown by,
 * however long it is already. Threads and waiting as {@link EventStream} says; it owns the model's
 * stream.
 */
public final class AnswerChunks extends JsonStream<AnswerEvent> {
  /** What the model is asked for. */
  public static final RecordType<StructuredAnswer> TYPE = RecordType.of(StructuredAnswer.class);

  private final PartialJson json;
  private int sentChars;
  private boolean sentMetadata;

  private AnswerChunks(EventStream<StreamEvent> upstream, PartialJson json) {
    super(upstream, json);
    this.json = json;
  }

  /** Reads {@code upstream} as one answer; {@code framing} says what may stand around it. */
  public static AnswerChunks of(
      EventStream<StreamEvent> upstream, Framing framing, JsonLimits limits) {
    return new AnswerChunks(upstream, new PartialJson(TYPE.schema(), framing, limits));
  }

  @Override
  AnswerEvent changed() {
    Optional<Boolean> isSafe = isSafe();
    Optional<Double> score = aggressionScore();
    if (isSafe.isEmpty() || score.isEmpty()) {
      return null;
    }
    String grown =
        member("answer").map(answer -> ((TextNode) answer).textFrom(sentChars)).orElse("");
    if (sentMetadata && grown.isEmpty()) {
      return null;
    }
    var chunk =
        sentMetadata
            ? new LlmStreamChunk(grown, false, Optional.empty(), Optional.empty())
            : new LlmStreamChunk(grown, false, isSafe, score);
    sentMetadata = true;
    sentChars += grown.length();
    return new AnswerEvent.Chunk(chunk);
  }

  @Override
  AnswerEvent complete(StreamEvent.Done done) {
    String answer = ((TextNode) member("answer").orElseThrow()).text();
    var last = new LlmStreamChunk("", true, isSafe(), aggressionScore());
    return new AnswerEvent.Done(last, answer, done.finishReason(), done.usage());
  }

  @Override
  JsonProblem refusal() {
    throw new IllegalStateException("an answer that fits its schema is never refused");
  }

  @Override
  String describe(JsonProblem problem) {
    return problem.withoutFound();
  }

  @Override
  AnswerEvent failed(LlmError error, Usage usage) {
    return new AnswerEvent.Failed(error, usage);
  }

  @Override
  AnswerEvent cancelled(StreamEvent.Cancelled end) {
    return new AnswerEvent.Cancelled(end.reason(), end.usage());
  }

  private Optional<Boolean> isSafe() {
    return member("is_safe").map(flag -> ((BooleanNode) flag).value());
  }

  private Optional<Double> aggressionScore() {
    return member("aggression_score").map(score -> ((NumberNode) score).asDouble());
  }

  private Optional<JsonNode> member(String name) {
    return json.root().map(root -> ((ObjectNode) root).members().get(name));
  }
}
