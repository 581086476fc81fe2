package llm.server.probe.report;

import java.time.Instant;
import java.util.OptionalDouble;
import llm.core.conversation.TurnReport;
import llm.domain.text.JsonWriter;

/** All figures as one JSON object, for programs; times are milliseconds. */
final class JsonReport {
  private final JsonWriter out = new JsonWriter();

  private JsonReport() {}

  static String of(Results results, Trail trail, Instant at) {
    var report = new JsonReport();
    report.write(results, trail, at);
    return report.out.toJson().value();
  }

  private void write(Results results, Trail trail, Instant at) {
    boolean probe = results.kind() == Results.Kind.PROBE;
    out.beginObject().name("kind").value(probe ? "probe" : "e2e").name("at").value(at.toString());
    out.name("model").value(results.model()).name("store").value(results.store());
    out.name(probe ? "text" : "session").value(results.subject());
    greeting(results.greeting());
    out.name("figures").beginObject();
    figures("ttft_ms", results.firstToken());
    figures("total_ms", results.total());
    figures("chunks_per_second", results.chunksPerSecond());
    figures("first_byte_ms", results.firstByte());
    out.endObject();
    out.name("verdict").value(results.verdict());
    out.name("turns").beginArray();
    results.turns().forEach(this::turn);
    out.endArray().name("summaries").beginArray();
    results.summaries().forEach(this::summary);
    out.endArray().name("events").beginArray();
    trail.all(MarkdownReport.BACKGROUND).forEach(this::event);
    out.endArray().endObject();
  }

  private void greeting(Greeting greeting) {
    out.name("handshake").beginObject().name("client_ms").value(greeting.client());
    number("ping_ms", greeting.ping());
    greeting.status().ifPresent(status -> out.name("status").value(status));
    number("generation_ms", greeting.generation());
    out.endObject();
  }

  private void figures(String name, Sample sample) {
    if (sample.isEmpty()) {
      return; // not told
    }
    out.name(name).beginObject().name("count").value(sample.count());
    out.name("mean").value(sample.mean());
    out.name("p50").value(sample.p50());
    out.name("p95").value(sample.p95());
    out.name("min").value(sample.least());
    out.name("max").value(sample.most());
    out.endObject();
  }

  private void turn(TurnFigures turn) {
    TurnReport report = turn.report();
    out.beginObject().name("name").value(turn.name()).name("turn").value(report.turn());
    out.name("replayed").value(turn.replayed());
    if (!turn.replayed()) {
      number("ttft_ms", turn.firstToken());
      number("accepted_ms", turn.accepted());
      number("total_ms", turn.total());
      out.name("chunks").value(turn.chunks());
      number("chunks_per_second", turn.chunksPerSecond());
      out.name("context_before").value(report.contextRatioBefore());
      out.name("context_after").value(report.contextRatioAfter());
      number("handover_ms_since_ready", report.handoverMs());
      out.name("left_out_messages").value(report.leftOutMessages());
      out.name("durable").value(report.durable());
    }
    out.name("prompt_tokens").value(report.usage().promptTokens());
    out.name("completion_tokens").value(report.usage().completionTokens());
    out.endObject();
  }

  private void summary(SummaryFigures summary) {
    out.beginObject().name("run").value(summary.run()).name("key").value(summary.key());
    out.name("hit").value(summary.hit()).name("ms").value(summary.millis());
    out.name("covered_messages").value(summary.covered()).endObject();
  }

  private void event(Trail.Seen event) {
    out.beginObject().name("event").value(event.name());
    for (var field : event.fields().entrySet()) {
      out.name(field.getKey());
      switch (field.getValue()) {
        case Long whole -> out.value(whole);
        case Double decimal -> out.value(decimal);
        case Boolean yes -> out.value(yes);
        default -> out.value(field.getValue().toString());
      }
    }
    out.endObject();
  }

  private void number(String name, OptionalDouble value) {
    if (value.isPresent()) {
      out.name(name).value(value.getAsDouble());
    }
  }
}
