package llm.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.schema.JsonLimits;
import llm.core.schema.Member;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.RecordType;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.core.structured.AnswerChunks;
import llm.core.structured.AnswerEvent;
import llm.core.structured.StructuredEvent;
import llm.core.structured.StructuredStream;
import llm.core.telemetry.Log;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * Structured answers of a scripted model (C-3): what the user sees, a record that grows, and an
 * answer that does not fit. The pieces are cut wherever it hits.
 */
final class StructuredScene {
  private static final int PIECE_CHARS = 7;
  private static final Duration BUDGET = Duration.ofSeconds(5);
  private static final String ANSWER =
      "{\"is_safe\":true,\"aggression_score\":0.1,\"internal_thought\":\"a greeting\","
          + "\"answer\":\"Hello \\ud83d\\ude00, what may I do?\"}";
  private static final String TRIP =
      "```json\n{\"city\":\"Ulm\",\"days\":12,\"with\":[\"Ada\"]}\n```";
  private static final String WRONG_TRIP = "{\"city\":\"Ulm\",\"days\":\"many\"}";

  /** What the model is asked for in the second and the third answer. */
  record Trip(
      @Member(description = "where to") String city,
      @Member(min = 1, max = 90) Optional<Integer> days,
      List<String> with) {}

  private final Log log;
  private final TimerThread timer;

  StructuredScene(Log log, TimerThread timer) {
    this.log = log;
    this.timer = timer;
  }

  void run() {
    var trip = RecordType.of(Trip.class);
    log.info("schema").put("of", trip.name()).put("json", trip.schema().toJson().value()).emit();
    try {
      answer();
      trip(trip, TRIP);
      trip(trip, WRONG_TRIP);
    } catch (LlmException broken) {
      log.error("structured_broken").put("text", broken.getMessage()).emit();
    }
  }

  private void answer() throws LlmException {
    try (var call = call();
        var chunks = AnswerChunks.of(model(ANSWER, call), Framing.EXACT, JsonLimits.ANSWER)) {
      AnswerEvent event;
      do {
        event = chunks.next();
        if (event instanceof AnswerEvent.Chunk(var chunk)) {
          log.info("answer_chunk")
              .put("text", chunk.textChunk())
              .put("metadata", chunk.isSafe() + ", " + chunk.aggressionScore())
              .emit();
        }
      } while (!(event instanceof AnswerEvent.Terminal));
      log.info("answer_end").put("end", event.toString()).emit();
    }
  }

  private void trip(RecordType<Trip> type, String text) throws LlmException {
    try (var call = call();
        var values =
            StructuredStream.of(model(text, call), type, Framing.SURROUNDED, JsonLimits.ANSWER)) {
      StructuredEvent<Trip> event;
      do {
        event = values.next();
        switch (event) {
          case StructuredEvent.Partial<Trip> partial ->
              log.info("structured_partial").put("value", partial.value().toString()).emit();
          case StructuredEvent.Complete<Trip> whole ->
              log.info("structured_complete").put("value", whole.value().toString()).emit();
          case StructuredEvent.Failed<Trip> failed ->
              log.warn("structured_failed").put("text", failed.error().message()).emit();
          case StructuredEvent.Cancelled<Trip> cancelled ->
              log.warn("structured_cancelled").put("reason", cancelled.reason().name()).emit();
        }
      } while (!(event instanceof StructuredEvent.Terminal));
    }
  }

  private CallScope call() {
    return CallScope.open(
        new CallId("sandbox-2"),
        Principal.LOCAL,
        Optional.empty(),
        BUDGET,
        timer,
        bug -> log.error("hook_failed").cause(bug).emit());
  }

  private EventStream<StreamEvent> model(String text, CallScope call) {
    var steps = new ArrayList<Step>();
    steps.add(new Step.Emit(new StreamEvent.Started("scripted")));
    for (int at = 0; at < text.length(); at += PIECE_CHARS) {
      String piece = text.substring(at, Math.min(text.length(), at + PIECE_CHARS));
      steps.add(new Step.Emit(new StreamEvent.TextDelta(piece)));
    }
    steps.add(new Step.Emit(new StreamEvent.Done(FinishReason.STOP, Usage.of(1, 1))));
    return new ScriptedStream(
        steps.iterator(), "scripted", said -> Usage.of(1, (int) said), call, timer, () -> {});
  }
}
