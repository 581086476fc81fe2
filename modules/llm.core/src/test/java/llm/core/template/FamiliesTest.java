package llm.core.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thinking;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1, A-2: families whose templates say tools in a way of their own")
class FamiliesTest {
  private static final ToolDefinition TOOL =
      new ToolDefinition(
          "look",
          Optional.of("Looks."),
          new JsonText(
              "{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"string\","
                  + "\"description\":\"Where.\"}},\"required\":[\"at\"]}"));
  private static final List<Message> TALK =
      List.of(
          Message.user("q"),
          Message.assistant(
              "Hm.",
              List.of(call("1", "{\"at\":\"the \\\"sky\\\"\",\"n\":[1,true]}"), call("2", "{}"))),
          Message.tool("1", "blue"),
          Message.tool("2", "<|end|>"));

  private static ToolCall call(String id, String arguments) {
    return new ToolCall(id, "look", new JsonText(arguments));
  }

  private static ConversationTemplate template(String name) throws Exception {
    return of(Files.readString(Path.of("src/test/resources/templates", name + ".jinja")));
  }

  private static ConversationTemplate of(String text) throws Exception {
    var now = ZonedDateTime.of(2026, 7, 4, 9, 5, 3, 0, ZoneOffset.UTC);
    return ConversationTemplate.of(text, new Marks("<s>", "</s>"), Optional.empty(), () -> now);
  }

  private static ChatRequest request(List<Message> messages) {
    return ChatRequest.of(new ModelName("m"), messages).withTools(List.of(TOOL));
  }

  @Test
  void seedTakesToolsThinksAndCalls() throws Exception {
    ConversationTemplate seed = template("seed_oss");
    assertThat(seed.format()).isEqualTo(AnswerFormat.SEED);
    assertThat(seed.offersTools()).isTrue();

    String prompt = seed.render(request(TALK), Ending.ANSWER).text();
    assertThat(prompt)
        .contains("Function:\ndef look(at: str):\n", "- at (str) [必填]: Where.\n")
        .contains(
            "<seed:bos>assistant\nHm.\n\n<seed:tool_call>\n<function=look>\n"
                + "<parameter=at>the \"sky\"</parameter>\n<parameter=n>[1, True]</parameter>\n"
                + "</function>\n</seed:tool_call>")
        .contains("<seed:bos>tool\nblue<seed:eos>")
        .endsWith("<seed:bos>assistant\n");

    AnswerParser answer = seed.parser(request(TALK), () -> "id").orElseThrow();
    assertThat(answer.push("<seed:think>Up.</seed:think>"))
        .containsExactly(new StreamEvent.ReasoningDelta("Up."));
    assertThat(
            answer.push(
                "\n<seed:tool_call>\n<function=look>\n<parameter=at>sky</parameter>\n"
                    + "</function>\n</seed:tool_call>"))
        .containsExactly(
            new StreamEvent.ToolCallStarted(0, "id", "look"),
            new StreamEvent.ToolArgumentsDelta(0, "{\"at\":\"sky\"}"));
  }

  @Test
  void seedIsToldNotToThinkAndItsThoughtsAreNoText() throws Exception {
    ConversationTemplate seed = template("seed_oss");
    ChatRequest plain = ChatRequest.of(new ModelName("m"), List.of(Message.user("q")));
    AnswerParser answer = seed.parser(plain, () -> "id").orElseThrow();
    assertThat(answer.push("<seed:think>\nUp.\n</seed:think>\nBlue."))
        .containsExactly(new StreamEvent.ReasoningDelta("Up."), new StreamEvent.TextDelta("Blue."));

    ChatRequest silent =
        plain.withForm(
            new AnswerForm(
                new ResponseFormat.Text(), Optional.empty(), Optional.of(new Thinking.Off())));
    assertThat(seed.render(silent, Ending.ANSWER).text())
        .contains("your thinking budget is 0")
        .endsWith("</seed:cot_budget_reflect>\n</seed:think>");
    assertThat(seed.parser(silent, () -> "id").orElseThrow().push("Blue."))
        .containsExactly(new StreamEvent.TextDelta("Blue."));
  }

  @Test
  void lfm2HasItsCallsAsItWroteThem() throws Exception {
    ConversationTemplate lfm2 = template("lfm2");
    RenderedPrompt prompt = lfm2.render(request(TALK), Ending.ANSWER);

    assertThat(prompt.text())
        .contains(
            "<|im_start|>assistant\n<|tool_call_start|>[look(at=\"the \\\"sky\\\"\", n=[1, True]),"
                + " look()]<|tool_call_end|>Hm.<|im_end|>\n")
        .contains("<|im_start|>tool\n<|tool_response_start|>blue<|tool_response_end|>");
    assertThat(prompt.parts())
        .contains("[look(at=\"the \\\"sky\\\"\", n=[1, True]), look()]", "Hm.", "blue");

    List<Message> cut =
        List.of(
            Message.user("q"),
            Message.assistant("", List.of(call("1", "{\"at\": \"sk"))),
            Message.tool("1", "no"));
    assertThat(lfm2.render(request(cut), Ending.ANSWER).text())
        .contains("<|tool_call_start|>[look({\"at\": \"sk)]<|tool_call_end|>");
  }

  @Test
  void granite3HasItsCallsToo() throws Exception {
    ConversationTemplate granite =
        of(
            "{% if tools %}With tools answer <|tool_call|>. {{ tools | tojson }}{% endif %}"
                + "{% for m in messages %}{{ '<' + m['role'] + '>' + m['content'] }}{% endfor %}");
    assertThat(granite.format()).isEqualTo(AnswerFormat.GRANITE3);
    assertThat(granite.render(request(TALK), Ending.ANSWER).text())
        .contains("<assistant><|tool_call|>[{\"name\": \"look\", \"arguments\": ")
        .contains("{\"name\": \"look\", \"arguments\": {}}]Hm.<tool>blue");
  }

  @Test
  void phi4HasItsToolsInTheSystemsMessage() throws Exception {
    ConversationTemplate phi = template("phi4_mini");
    assertThat(phi.offersTools()).isTrue();
    RenderedPrompt prompt = phi.render(request(TALK), Ending.ANSWER);

    String tool =
        "{\"name\":\"look\",\"description\":\"Looks.\",\"parameters\":"
            + TOOL.parameters().value()
            + "}";
    assertThat(prompt.text())
        .isEqualTo(
            "<|system|>You are a helpful assistant with some tools.<|tool|>["
                + tool
                + "]<|/tool|><|end|><|user|>q<|end|><|assistant|><|tool_call|>[{\"name\": \"look\","
                + " \"arguments\": {\"at\":\"the \\\"sky\\\"\",\"n\":[1,true]}}, {\"name\":"
                + " \"look\", \"arguments\": {}}]<|/tool_call|>Hm.<|end|>"
                + "<|tool_response|>blue<|end|><|tool_response|><|end|><|end|><|assistant|>");
    assertThat(prompt.parts()).contains(tool, "blue", "<|end|>");

    List<Message> told = List.of(Message.system("Be kind."), Message.user("q"));
    assertThat(phi.render(request(told), Ending.ANSWER).text())
        .isEqualTo(
            "<|system|>Be kind.<|tool|>["
                + tool
                + "]<|/tool|><|end|><|user|>q<|end|><|assistant|>");
    assertThat(phi.render(ChatRequest.of(new ModelName("m"), told), Ending.ANSWER).text())
        .isEqualTo("<|system|>Be kind.<|end|><|user|>q<|end|><|assistant|>");
  }
}
