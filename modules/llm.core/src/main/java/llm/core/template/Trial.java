package llm.core.template;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import llm.core.template.TemplateShape.Content;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.value.Text;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;

/** Small conversations, to find out in what form a template takes its values. */
final class Trial {
  private static final ModelName MODEL = new ModelName("trial");
  private static final List<ToolDefinition> TOOLS =
      List.of(
          new ToolDefinition(
              "look_up",
              Optional.of("Looks a word up."),
              new JsonText(
                  "{\"type\":\"object\",\"properties\":{\"word\":{\"type\":\"string\","
                      + "\"description\":\"The word.\"}},\"required\":[\"word\"]}")));

  private final AnswerFormat format;
  private final BiFunction<ChatRequest, TemplateShape, Optional<Text>> rendering;

  Trial(AnswerFormat format, BiFunction<ChatRequest, TemplateShape, Optional<Text>> rendering) {
    this.format = format;
    this.rendering = rendering;
  }

  static ChatRequest smallest(ModelName model) {
    return ChatRequest.of(model, List.of(Message.user("Hello")));
  }

  static ChatRequest answered() {
    return ChatRequest.of(MODEL, List.of(Message.user("Hello"), Message.assistant("Well")));
  }

  /** The form that the template takes. */
  TemplateShape shape() {
    var talk =
        ChatRequest.of(
            MODEL, List.of(Message.user("Hello"), Message.assistant("Hi"), Message.user("Bye")));
    TemplateShape best = TemplateShape.USUAL;
    for (Content content : ConversationTemplate.contents()) {
      if (reached(talk, TemplateShape.USUAL.with(content)) > reached(talk, best)) {
        best = TemplateShape.USUAL.with(content);
      }
    }
    return withCalls(withSystem(best));
  }

  private TemplateShape withSystem(TemplateShape shape) {
    var talk = ChatRequest.of(MODEL, List.of(Message.system("Be kind"), Message.user("Hello")));
    TemplateShape merged = shape.with(TemplateShape.System.MERGED);
    boolean heard = reached(talk, shape) == 2;
    return heard || reached(talk, merged) == 0 ? shape : merged;
  }

  private TemplateShape withCalls(TemplateShape shape) {
    TemplateShape best = shape;
    int most = -1;
    for (TemplateShape form : shape.forms(format)) {
      int reached = reached(calling(), form);
      if (reached > most) {
        most = reached;
        best = form;
      }
    }
    return best;
  }

  /** Whether tools reach the prompt in this form. */
  boolean offersTools(TemplateShape shape) {
    var offer = smallest(MODEL).withTools(TOOLS);
    return reached(offer, shape) == 2;
  }

  private static ChatRequest calling() {
    var call = new ToolCall("call_abcdefgh", "look_up", new JsonText("{\"word\":\"sky\"}"));
    return ChatRequest.of(
            MODEL,
            List.of(
                Message.user("Hello"),
                Message.assistant("", List.of(call)),
                Message.tool(call.id(), "blue")))
        .withTools(TOOLS);
  }

  /** How much of what is expected reaches the prompt; 0 where it is refused. */
  private int reached(ChatRequest request, TemplateShape shape) {
    Optional<Text> text = rendering.apply(request, shape);
    if (text.isEmpty()) {
      return 0;
    }
    var values = new ConversationValues(request, shape, format);
    values.messages();
    values.tools();
    Set<Integer> labels =
        text.get().runs().stream().map(Text.Run::label).collect(Collectors.toSet());
    return (int) values.expected().keySet().stream().filter(labels::contains).count();
  }
}
