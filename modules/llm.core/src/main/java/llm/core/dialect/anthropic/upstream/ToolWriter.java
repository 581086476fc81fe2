package llm.core.dialect.anthropic.upstream;

import java.util.ArrayList;
import java.util.Map;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;

/** Writes the tools, and which of them may or must be called. */
final class ToolWriter {
  private static final JsonText CUSTOM = new JsonText("\"custom\"");

  private final ChatRequest request;
  private final JsonOut out;

  ToolWriter(ChatRequest request, JsonOut out) {
    this.request = request;
    this.out = out;
  }

  /**
   * Adds {@code tools}, if there are any.
   *
   * @param withChoice whether {@code tool_choice} goes along
   */
  void write(boolean withChoice) throws LlmException {
    if (request.tools().isEmpty()) {
      return;
    }
    out.name("tools").array();
    for (ToolDefinition tool : request.tools()) {
      tool(tool);
    }
    out.endArray();
    if (withChoice) {
      choice();
    }
  }

  private void tool(ToolDefinition tool) throws LlmException {
    Map<String, JsonText> more = tool.extensions().in(Dialect.ANTHROPIC);
    out.object();
    if (more.getOrDefault("type", CUSTOM).equals(CUSTOM)) {
      out.field("name", tool.name());
      tool.description().ifPresent(text -> out.field("description", text));
      out.name("input_schema").json(typed(tool.parameters()));
      if (tool.strict()) {
        out.name("strict").value(true);
      }
    } // else one of the API's own, of which the caller said all there is
    more.forEach((name, value) -> out.name(name).json(value));
    out.endObject();
  }

  /** A tool without parameters has no type elsewhere; here it must have one. */
  private static JsonText typed(JsonText schema) throws LlmException {
    var names = new ArrayList<String>();
    JsonCursor.piece(
        schema,
        "tools[].parameters",
        in -> {
          in.object(names::add);
          return names;
        });
    if (names.contains("type")) {
      return schema;
    }
    String inside = schema.value().substring(schema.value().indexOf('{') + 1);
    boolean empty = inside.stripLeading().startsWith("}");
    return new JsonText("{\"type\":\"object\"" + (empty ? "" : ",") + inside);
  }

  private void choice() {
    boolean one = request.form().parallelToolCalls().filter(many -> !many).isPresent();
    ToolChoice choice = request.toolChoice();
    if (choice instanceof ToolChoice.Auto && !one) {
      return; // what happens anyway
    }
    out.name("tool_choice").object();
    switch (choice) {
      case ToolChoice.Auto _ -> out.field("type", "auto");
      case ToolChoice.None _ -> out.field("type", "none");
      case ToolChoice.Required _ -> out.field("type", "any");
      case ToolChoice.Named(String name) -> out.field("type", "tool").field("name", name);
    }
    if (one && !(choice instanceof ToolChoice.None)) {
      out.name("disable_parallel_tool_use").value(true);
    }
    out.endObject();
  }
}
