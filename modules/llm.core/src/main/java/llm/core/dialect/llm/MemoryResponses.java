package llm.core.dialect.llm;

import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.model.MemoryStanding;
import llm.domain.model.ModelResidence;

/** Bodies of {@code /api/v1/models}, as UTF-8 JSON. */
public final class MemoryResponses {
  private static final int SMALL = 1024;
  private static final double NANOS = 1e9;

  private MemoryResponses() {}

  /** How one model is: the answer to a load or an unload. */
  public static byte[] one(ModelResidence model) {
    var out = new JsonOut(SMALL);
    write(model, out);
    return out.toBytes();
  }

  /** The answer of {@code GET /api/v1/models/status}. */
  public static byte[] all(List<MemoryStanding> standings) {
    var out = new JsonOut(SMALL);
    out.object().name("models").array();
    standings.forEach(standing -> standing.models().forEach(model -> write(model, out)));
    out.endArray().name("memory").array();
    standings.forEach(standing -> standing.memories().forEach(memory -> write(memory, out)));
    out.endArray().name("notes").array();
    standings.forEach(standing -> standing.notes().forEach(out::value));
    return out.endArray().endObject().toBytes();
  }

  private static void write(ModelResidence model, JsonOut out) {
    out.object()
        .field("model", model.model())
        .field("state", model.place().wireName())
        .name("progress")
        .value(model.progress())
        .field("estimated_bytes", model.estimatedBytes())
        .field("taken_bytes", model.takenBytes())
        .field("device", model.deviceBytes() > 0 ? "gpu" : "cpu")
        .field("device_bytes", model.deviceBytes())
        .field("arithmetic", model.arithmetic())
        .field("context_tokens", model.contextTokens())
        .field("in_work", model.inWork())
        .field("waiting", model.waiting())
        .name("idle_seconds");
    if (model.idle().isPresent()) {
      out.value(model.idle().get().toNanos() / NANOS);
    } else {
      out.nothing();
    }
    out.fieldOrNull("problem", model.problem()).endObject();
  }

  private static void write(MemoryStanding.Memory memory, JsonOut out) {
    out.object()
        .field("kind", memory.kind())
        .field("name", memory.name())
        .field("total_bytes", memory.totalBytes())
        .field("used_bytes", memory.usedBytes())
        .field("free_for_models_bytes", memory.freeBytes());
    memory.index().ifPresent(index -> out.field("gpu_index", index));
    memory.busyPercent().ifPresent(percent -> out.field("busy_percent", percent));
    memory.processes().ifPresent(count -> out.field("processes", count));
    out.endObject();
  }
}
