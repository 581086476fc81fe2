package llm.core.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.core.template.answer.WrittenCalls;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.JsonWriter;

/**
 * Tools for models that know nothing but text: what is offered is said in the system's message,
 * calls and their results are words of the conversation, and the answer's words are read for calls.
 *
 * <p>Immutable; any thread.
 */
public final class SpokenTools {
  private final AnswerFormat format;
  private final WrittenCalls written;

  private SpokenTools(AnswerFormat format, WrittenCalls written) {
    this.format = format;
    this.written = written;
  }

  /** By this format; empty for those that are made of control tokens, which no words can say. */
  public static Optional<SpokenTools> of(AnswerFormat format) {
    return WrittenCalls.of(format).map(written -> new SpokenTools(format, written));
  }

  /** Whether tools are offered that may be called. */
  private static boolean offers(ChatRequest request) {
    return !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
  }

  /**
   * The request without tools, and with the words that say the same.
   *
   * @throws LlmException with {@code Unsupported} for a call that is demanded, and for a strict
   *     tool: words demand nothing; for tools that are no functions, and calls of them
   */
  public ChatRequest spoken(ChatRequest request) throws LlmException {
    requireFunctions(request);
    if (request.toolChoice() instanceof ToolChoice.Required
        || request.toolChoice() instanceof ToolChoice.Named) {
      throw new LlmException(
          new LlmError.Unsupported(
              "tool_choice",
              "Model '"
                  + request.model()
                  + "' cannot be made to call a tool; use \"auto\" or \"none\"."));
    }
    for (int i = 0; i < request.tools().size(); i++) {
      if (request.tools().get(i).strict()) {
        throw new LlmException(
            new LlmError.Unsupported(
                "tools[" + i + "].strict",
                "Model '"
                    + request.model()
                    + "' is told tools in words, which bind it to nothing;"
                    + " send strict: false."));
      }
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < request.messages().size(); i++) {
      Message message = request.messages().get(i);
      if (message.role() == Role.TOOL) {
        if (!message.parts().stream().allMatch(Part.Text.class::isInstance)) {
          throw new LlmException(
              new LlmError.Unsupported(
                  "messages[" + i + "].content",
                  "Model '" + request.model() + "' takes results of tools as text only."));
        }
        addResult(message, messages);
      } else {
        messages.add(message.toolCalls().isEmpty() ? message : called(message));
      }
    }
    if (offers(request)) {
      addOffer(offer(request), messages);
    }
    AnswerForm asked = request.form();
    var form =
        new AnswerForm(asked.format(), Optional.empty(), asked.thinking(), asked.continues());
    return new ChatRequest(
        request.model(),
        messages,
        List.of(),
        new ToolChoice.Auto(),
        request.sampling(),
        request.maxTokens(),
        request.extensions(),
        request.priority(),
        form);
  }

  private static void requireFunctions(ChatRequest request) throws LlmException {
    for (String field : List.of("tools", "tool_choice")) {
      if (request.extensions().fields().containsKey(field)) {
        throw noFunction(field, request);
      }
    }
    for (int i = 0; i < request.messages().size(); i++) {
      List<ToolCall> calls = request.messages().get(i).toolCalls();
      if (calls.stream().anyMatch(call -> call.extensions().fields().containsKey("type"))) {
        throw noFunction("messages[" + i + "].tool_calls", request);
      }
    }
  }

  private static LlmException noFunction(String path, ChatRequest request) {
    return new LlmException(
        new LlmError.Unsupported(
            path,
            "Model '"
                + request.model()
                + "' is told tools in words, which know functions alone (tool_format)."));
  }

  /**
   * What takes the answer to {@code request} apart, as it was before {@link #spoken}.
   *
   * @param ids makes ids of calls
   */
  public AnswerParser parser(ChatRequest request, Supplier<String> ids) {
    return new AnswerParser(
        format, Beginning.ANSWER, offers(request) ? request.tools() : List.of(), ids);
  }

  private Message called(Message message) {
    String calls =
        message.toolCalls().stream()
            .map(call -> written.call(call.name(), call.arguments()))
            .collect(Collectors.joining("\n"));
    return extended(message, "\n" + calls);
  }

  /** Results that follow each other are one message: many templates want roles by turns. */
  private static void addResult(Message message, List<Message> messages) {
    String words =
        "<tool_response>\n"
            + (message.failed() ? "Error: " : "")
            + message.text()
            + "\n</tool_response>";
    Message last = messages.isEmpty() ? null : messages.getLast();
    boolean follows =
        last != null && last.role() == Role.USER && last.text().endsWith("\n</tool_response>");
    if (follows) {
      messages.set(messages.size() - 1, Message.user(last.text() + "\n" + words));
    } else {
      messages.add(Message.user(words));
    }
  }

  private static void addOffer(String offer, List<Message> messages) {
    Message first = messages.isEmpty() ? null : messages.getFirst();
    if (first == null || first.role() != Role.SYSTEM) {
      messages.addFirst(Message.system(offer));
    } else {
      messages.set(0, extended(first, "\n\n" + offer));
    }
  }

  /** The message with more words at its end, and without calls; what else is in it stays. */
  private static Message extended(Message message, String more) {
    List<Part> parts = new ArrayList<>(message.parts());
    if (!parts.isEmpty() && parts.getLast() instanceof Part.Text(String text, Extensions fields)) {
      parts.set(parts.size() - 1, new Part.Text(text + more, fields));
    } else {
      parts.add(new Part.Text(more.strip()));
    }
    return new Message(
        message.role(),
        parts,
        List.of(),
        message.toolCallId(),
        message.failed(),
        message.name(),
        message.thoughts(),
        message.extensions());
  }

  private String offer(ChatRequest request) {
    boolean one = request.form().parallelToolCalls().filter(several -> !several).isPresent();
    return "You may call functions. These are the functions, with the JSON Schema of their"
        + " parameters:\n<tools>\n"
        + request.tools().stream().map(SpokenTools::json).collect(Collectors.joining("\n"))
        + "\n</tools>\n\nTo call one, answer in exactly this form, and end the answer there:\n"
        + written.example()
        + (one
            ? "\nCall one function at most."
            : "\nTo call several, write one such call after the other.")
        + " The results come in the next message, each between <tool_response> and"
        + " </tool_response>.";
  }

  static String json(ToolDefinition tool) {
    var json = new JsonWriter().beginObject().name("name").value(tool.name());
    tool.description().ifPresent(words -> json.name("description").value(words));
    return json.name("parameters").value(tool.parameters()).endObject().toJson().value();
  }
}
