package llm.providers.mock;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.port.IdSource;

/**
 * What the mock answers, before limits cut it.
 *
 * @param text the words
 * @param call the tool it then calls
 */
record MockAnswer(String text, Optional<ToolCall> call) {
  private static final String DEMO_COMMAND = "/demo";
  private static final int MOST_RESULT_CHARACTERS = 500;

  private static final String DEMO =
      "This is a scripted demo: no model is running, and every sentence was written beforehand."
          + " The words come one by one, as they would from a model."
          + " Offer a tool in the request to see how a tool call streams.";
  private static final String DEMO_WITH_TOOL =
      "This is a scripted demo: no model is running. It now calls the tool '%s' with arguments"
          + " made up from its schema.";
  private static final String DEMO_RESULT =
      "This is a scripted demo: no model is running. The tool answered: %s";

  /** The answer to {@code request}. */
  static MockAnswer to(ChatRequest request, IdSource ids) {
    boolean demo =
        request.model().value().equals(MockProvider.DEMO_MODEL)
            || lastUserText(request).strip().equals(DEMO_COMMAND);
    return demo ? demo(request, ids) : echo(request, ids);
  }

  private static MockAnswer echo(ChatRequest request, IdSource ids) {
    return switch (request.toolChoice()) {
      case ToolChoice.Auto _, ToolChoice.None _ ->
          new MockAnswer("Echo: " + lastUserText(request), Optional.empty());
      case ToolChoice.Required _ -> new MockAnswer("", Optional.of(call(first(request), ids)));
      case ToolChoice.Named(String name) ->
          new MockAnswer("", Optional.of(call(named(request, name), ids)));
    };
  }

  private static MockAnswer demo(ChatRequest request, IdSource ids) {
    Message last = request.messages().getLast();
    if (last.role() == Role.TOOL) {
      return new MockAnswer(DEMO_RESULT.formatted(shortened(last.text())), Optional.empty());
    }
    boolean mayCall =
        !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
    if (!mayCall) {
      return new MockAnswer(DEMO, Optional.empty());
    }
    ToolDefinition tool =
        request.toolChoice() instanceof ToolChoice.Named(String name)
            ? named(request, name)
            : first(request);
    return new MockAnswer(DEMO_WITH_TOOL.formatted(tool.name()), Optional.of(call(tool, ids)));
  }

  private static ToolCall call(ToolDefinition tool, IdSource ids) {
    String id = "call_" + ids.next().toString().replace("-", "").substring(0, 24);
    return new ToolCall(id, tool.name(), SchemaSample.of(tool.parameters()));
  }

  private static ToolDefinition first(ChatRequest request) {
    return request.tools().getFirst();
  }

  private static ToolDefinition named(ChatRequest request, String name) {
    return request.tools().stream()
        .filter(tool -> tool.name().equals(name))
        .findFirst()
        .orElseGet(() -> first(request));
  }

  private static String lastUserText(ChatRequest request) {
    List<Message> fromLast = request.messages().reversed();
    return fromLast.stream()
        .filter(message -> message.role() == Role.USER)
        .findFirst()
        .orElseGet(fromLast::getFirst)
        .text();
  }

  private static String shortened(String text) {
    if (text.codePointCount(0, text.length()) <= MOST_RESULT_CHARACTERS) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, MOST_RESULT_CHARACTERS)) + "…";
  }
}
