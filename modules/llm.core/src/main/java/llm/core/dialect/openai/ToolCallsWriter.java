package llm.core.dialect.openai;

import java.util.List;
import java.util.Map;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;

/** Writes whole tool calls as messages carry them, towards clients and upstreams alike. */
public final class ToolCallsWriter {
  private static final String TYPE = "type";

  private ToolCallsWriter() {}

  /** Adds the field {@code tool_calls} to the object that is open in {@code out}. */
  public static void write(List<ToolCall> calls, JsonOut out) {
    out.name("tool_calls").array();
    for (ToolCall call : calls) {
      write(call, out);
    }
    out.endArray();
  }

  /** A call that says its type by itself is of no function, and says all the rest, too. */
  static void write(ToolCall call, JsonOut out) {
    Map<String, JsonText> more = call.extensions().in(Dialect.OPENAI_CHAT);
    out.object().field("id", call.id());
    if (more.containsKey(TYPE)) {
      out.name(TYPE).json(more.get(TYPE));
    } else {
      out.field(TYPE, "function")
          .name("function")
          .object()
          .field("name", call.name())
          .field("arguments", call.arguments().value())
          .endObject();
    }
    more.forEach((name, value) -> {
      if (!name.equals(TYPE)) {
        out.name(name).json(value);
      }
    });
    out.endObject();
  }
}
