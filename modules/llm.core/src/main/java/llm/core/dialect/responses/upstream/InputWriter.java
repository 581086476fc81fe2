package llm.core.dialect.responses.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Writes messages as input items: a message, the calls it makes, the result of one, the reasoning
 * before it. Reasoning goes back where its provider gave a proof with it; without one nobody wants
 * it.
 */
final class InputWriter {
  /** Foreign content of these kinds is a part of a message; of others, an item of its own. */
  private static final List<String> PART_KINDS = List.of("input_", "output_", "refusal");

  /** The reasoning before a message as it came, where our thoughts do not tell all of it. */
  private static final String REASONING = "reasoning";

  private static final Part EMPTY = new Part.Text("");

  private final JsonOut out;
  private final boolean developerRole;

  InputWriter(JsonOut out, boolean developerRole) {
    this.out = out;
    this.developerRole = developerRole;
  }

  /** Adds the items of one message. */
  void message(Message message, int index) throws LlmException {
    RelayedFields relayed = RelayedFields.of(message.extensions());
    if (relayed.has(REASONING)) {
      relayed.elements(REASONING).forEach(out::json);
    } else {
      message.thoughts().forEach(this::thought);
    }
    if (message.role() == Role.TOOL) {
      result(message, index);
      return;
    }
    var parts = new ArrayList<Part>();
    for (Part part : message.parts()) {
      if (part instanceof Part.Foreign(Dialect dialect, String type, JsonText json)
          && !isPart(type)) {
        requireKnown(dialect, type, index);
        said(message, parts, index);
        parts.clear();
        out.json(json);
      } else {
        parts.add(part);
      }
    }
    said(message, parts, index);
    message.toolCalls().forEach(this::call);
  }

  private void said(Message message, List<Part> parts, int index) throws LlmException {
    boolean told = parts.isEmpty() && !message.parts().isEmpty(); // by an item of its own
    if (told || message.role() == Role.ASSISTANT && parts.stream().allMatch(EMPTY::equals)) {
      return;
    }
    out.object().field("type", "message").field("role", role(message.role()));
    content("content", message.role(), parts, index);
    relayed(message.extensions(), Set.of("type", "role", "content", REASONING));
    out.endObject();
  }

  private String role(Role role) {
    return role == Role.SYSTEM && developerRole ? "developer" : role.wireName();
  }

  /** A text where that is all there is, else parts. */
  private void content(String field, Role role, List<Part> parts, int index) throws LlmException {
    if (parts.isEmpty()) {
      out.field(field, "");
      return;
    }
    if (parts.size() == 1
        && parts.getFirst() instanceof Part.Text(String text, Extensions more)
        && more.in(Dialect.OPENAI_RESPONSES).isEmpty()) {
      out.field(field, text);
      return;
    }
    out.name(field).array();
    for (Part part : parts) {
      part(part, role, index);
    }
    out.endArray();
  }

  private void part(Part part, Role role, int index) throws LlmException {
    switch (part) {
      case Part.Text(String text, Extensions more) -> {
        String type = role == Role.ASSISTANT ? "output_text" : "input_text";
        out.object().field("type", type).field("text", text);
        relayed(more, Set.of("type", "text"));
        out.endObject();
      }
      case Part.Image image -> {
        if (role == Role.ASSISTANT) {
          throw unsupported(index, "takes no images in an assistant's message");
        }
        out.object().field("type", "input_image").field("image_url", url(image.source()));
        out.field("detail", image.detail().orElse("auto"));
        relayed(image.extensions(), Set.of("type", "image_url", "detail"));
        out.endObject();
      }
      case Part.Foreign(Dialect dialect, String type, JsonText json) -> {
        requireKnown(dialect, type, index);
        out.json(json);
      }
    }
  }

  private void thought(Thought thought) {
    if (!thought.isProvenIn(Dialect.OPENAI_RESPONSES)) {
      return;
    }
    out.object().field("type", "reasoning").name("summary").array();
    if (!thought.text().isEmpty()) {
      out.object().field("type", "summary_text").field("text", thought.text()).endObject();
    }
    out.endArray().field("encrypted_content", thought.proof().orElseThrow().data()).endObject();
  }

  private void call(ToolCall call) {
    out.object()
        .field("type", "function_call")
        .field("call_id", call.id())
        .field("name", call.name())
        .field("arguments", call.arguments().value());
    relayed(call.extensions(), Set.of("type", "call_id", "name", "arguments"));
    out.endObject();
  }

  private void result(Message message, int index) throws LlmException {
    out.object()
        .field("type", "function_call_output")
        .field("call_id", message.toolCallId().orElseThrow());
    content("output", Role.TOOL, message.parts(), index);
    relayed(message.extensions(), Set.of("type", "call_id", "output"));
    out.endObject();
  }

  private void relayed(Extensions extensions, Set<String> own) {
    RelayedFields.of(extensions).write(own, out);
  }

  private static boolean isPart(String type) {
    return PART_KINDS.stream().anyMatch(type::startsWith);
  }

  private static void requireKnown(Dialect dialect, String type, int index) throws LlmException {
    if (!dialect.isReadAs(Dialect.OPENAI_RESPONSES)) {
      throw unsupported(index, "takes no content of type '" + type + "'");
    }
  }

  private static LlmException unsupported(int index, String what) {
    return new LlmException(
        new LlmError.Unsupported(
            "messages[" + index + "].content",
            "This model is asked by OpenAI's Responses, which " + what + "."));
  }

  private static String url(ImageSource source) {
    return switch (source) {
      case ImageSource.Url(String url) -> url;
      case ImageSource.Data data -> data.toUrl();
    };
  }
}
