package llm.core.dialect.openai;

import java.util.List;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;

/** Writes whole tool calls as messages carry them, towards clients and upstreams alike. */
public final class ToolCallsWriter {
  private ToolCallsWriter() {}

  /** Adds the field {@code tool_calls} to the object that is open in {@code out}. */
  public static void write(List<ToolCall> calls, JsonOut out) {
    out.name("tool_calls").array();
    for (ToolCall call : calls) {
      out.object()
          .field("id", call.id())
          .field("type", "function")
          .name("function")
          .object()
          .field("name", call.name())
          .field("arguments", call.arguments().value())
          .endObject();
      call.extensions()
          .in(Dialect.OPENAI_CHAT)
          .forEach((name, value) -> out.name(name).json(value));
      out.endObject();
    }
    out.endArray();
  }
}
