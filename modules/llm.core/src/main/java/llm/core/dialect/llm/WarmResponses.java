package llm.core.dialect.llm;

import java.time.temporal.ChronoUnit;
import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.prompt.WarmPrefix;

/** Bodies of {@code /llm/warm}, as UTF-8 JSON. Times are ISO 8601 in UTC, to the millisecond. */
public final class WarmResponses {
  private static final int SMALL = 256;

  private WarmResponses() {}

  /** The answer of {@code POST /llm/warm}. */
  public static byte[] one(WarmPrefix prefix) {
    var out = new JsonOut(SMALL);
    write(prefix, out);
    return out.toBytes();
  }

  /** The answer of {@code GET /llm/warm}. */
  public static byte[] all(List<WarmPrefix> prefixes) {
    var out = new JsonOut(SMALL);
    out.object().name("prefixes").array();
    prefixes.forEach(prefix -> write(prefix, out));
    return out.endArray().endObject().toBytes();
  }

  private static void write(WarmPrefix prefix, JsonOut out) {
    out.object()
        .field("id", prefix.id().value())
        .field("model", prefix.model().value())
        .field("prompt_tokens", prefix.promptTokens())
        .field("cached_tokens", prefix.cachedTokens())
        .field("expires_at", prefix.expires().truncatedTo(ChronoUnit.MILLIS).toString())
        .endObject();
  }
}
