package llm.core.gateway.schema;

import java.util.ArrayList;
import java.util.List;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.schema.valid.Violation;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.ResponseFormat.JsonSchema;
import llm.domain.chat.Role;

/** What a model is told in words of the schema that its answer has to fit. */
final class SchemaWords {
  private static final String INSTRUCTION =
      "Answer with one JSON value that fits the JSON Schema below, and with nothing else: no words"
          + " before or behind it, and no code fence around it.";
  private static final String GAP = "\n\n";
  private static final String FENCE = "```";

  private SchemaWords() {}

  /** The request with the schema at the end of its system message, and not in its form. */
  static ChatRequest added(ChatRequest request, JsonSchema format, boolean jsonMode) {
    var words = new StringBuilder(INSTRUCTION);
    format.description().ifPresent(what -> words.append(GAP).append("What it is: ").append(what));
    words.append(GAP).append(format.schema().value());
    ResponseFormat rest =
        jsonMode && isOfObjects(format)
            ? new ResponseFormat.JsonObject()
            : new ResponseFormat.Text();
    return GrammarFields.removed(request)
        .withForm(request.form().withFormat(rest))
        .withMessages(messages -> instructed(messages, words.toString()));
  }

  /** Whether nothing but an object fits: a mode that makes objects is no hindrance then. */
  private static boolean isOfObjects(JsonSchema format) {
    var json = new PartialJson();
    json.feed(format.schema().value());
    return json.end()
        && json.root().orElseThrow() instanceof JsonNode.ObjectNode schema
        && schema.members().get("type") instanceof JsonNode.TextNode type
        && type.text().equals("object");
  }

  /** Some models take one system message only. */
  private static List<Message> instructed(List<Message> messages, String words) {
    var changed = new ArrayList<>(messages);
    Message first = messages.getFirst();
    boolean instructs =
        first.role() == Role.SYSTEM
            && !first.parts().isEmpty()
            && first.parts().getLast() instanceof Part.Text;
    if (!instructs) {
      changed.addFirst(Message.system(words));
      return changed;
    }
    var parts = new ArrayList<>(first.parts());
    var last = (Part.Text) parts.removeLast();
    parts.add(new Part.Text(last.text() + GAP + words, last.extensions()));
    changed.set(
        0,
        new Message(
            first.role(),
            parts,
            first.toolCalls(),
            first.toolCallId(),
            first.failed(),
            first.name(),
            first.thoughts(),
            first.extensions()));
    return changed;
  }

  /** The request again, with the answer that was given to it and what is wrong with that. */
  static ChatRequest repairing(ChatRequest request, String answer, Violation violation) {
    return request.withMessages(messages -> {
      var longer = new ArrayList<>(messages);
      if (!answer.isBlank()) {
        longer.add(Message.assistant(answer.strip()));
      }
      longer.add(
          Message.user(
              "Your answer does not fit the JSON Schema that was asked for: "
                  + violation.message()
                  + ". Answer again with the whole JSON value, corrected, and with nothing"
                  + " else."));
      return longer;
    });
  }

  /**
   * The text without the fence of a code block around all of it, which many models cannot leave.
   */
  static String withoutFence(String text) {
    String inner = text.strip();
    int line = inner.indexOf('\n');
    boolean isFenced =
        inner.startsWith(FENCE) && inner.endsWith(FENCE) && line > 0 && line < inner.length() - 3;
    boolean isNamed = isFenced && inner.substring(3, line).chars().allMatch(SchemaWords::isName);
    return isNamed ? inner.substring(line + 1, inner.length() - FENCE.length()).strip() : text;
  }

  private static boolean isName(int c) {
    return c == ' ' || c == '\r' || Character.isLetterOrDigit(c);
  }
}
