package llm.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Priority;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Proof;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.model.AdapterUse.Named;
import llm.domain.model.AdapterUse.Numbered;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-8: the key of a request")
class RequestKeyTest {
  private static final ModelName M = new ModelName("m");
  private static final ChatRequest PLAIN = ask(Message.user("Hi"));

  @Test
  void twoRequestsThatDifferHaveTwoKeys() {
    var seen = new HashMap<String, ChatRequest>();
    List<ChatRequest> different = different();
    for (ChatRequest request : different) {
      assertThat(seen.put(key(request), request)).as("%s", request).isNull();
    }
    assertThat(key(different.getFirst())).isEqualTo(key(ask(Message.user("Hi"))));
  }

  @Test
  void whatDoesNotReachTheModelDoesNotMatter() {
    assertThat(key(PLAIN.withPriority(Priority.BACKGROUND))).isEqualTo(key(PLAIN));
    Map<String, JsonText> fields = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      fields.put("f" + (i * 7 % 20), new JsonText("" + i * 7 % 20));
    }
    Map<String, JsonText> others = new HashMap<>(128);
    for (int i = 0; i < 20; i++) {
      others.put("f" + i, new JsonText("" + i));
    }
    assertThat(key(PLAIN.withExtensions(Extensions.of(Dialect.OPENAI_CHAT, fields))))
        .isEqualTo(key(PLAIN.withExtensions(Extensions.of(Dialect.OPENAI_CHAT, others))));
  }

  @Test
  void aLongTextCountsToItsEnd() {
    String text = "0123456789".repeat(10_000);
    assertThat(key(ask(Message.user(text + "a")))).isNotEqualTo(key(ask(Message.user(text + "b"))));
  }

  /** Who adds a field to one of these adds it to the key, or says here that it has no part. */
  @Test
  void everyFieldOfARequestIsThoughtOf() {
    assertThat(fields(ChatRequest.class))
        .isEqualTo("model messages tools toolChoice sampling maxTokens extensions priority form");
    assertThat(fields(Message.class))
        .isEqualTo("role parts toolCalls toolCallId failed name thoughts extensions");
    assertThat(fields(Part.Text.class)).isEqualTo("text extensions");
    assertThat(fields(Part.Image.class)).isEqualTo("source detail extensions");
    assertThat(fields(Part.Foreign.class)).isEqualTo("dialect type json");
    assertThat(fields(ToolCall.class)).isEqualTo("id name arguments extensions");
    assertThat(fields(Thought.class)).isEqualTo("text signature hidden dialect");
    assertThat(fields(ToolDefinition.class))
        .isEqualTo("name description parameters strict extensions");
    assertThat(fields(SamplingOptions.class))
        .isEqualTo(
            "temperature topP topK minP seed stop frequencyPenalty presencePenalty repeatPenalty"
                + " logitBias topLogprobs adapters");
    assertThat(fields(AnswerForm.class)).isEqualTo("format parallelToolCalls thinking continues");
    assertThat(fields(ResponseFormat.JsonSchema.class)).isEqualTo("name description schema strict");
    assertThat(fields(Extensions.class)).isEqualTo("dialect fields");
  }

  private static String fields(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .collect(Collectors.joining(" "));
  }

  private static List<ChatRequest> different() {
    var all = new ArrayList<ChatRequest>();
    all.add(PLAIN);
    all.add(PLAIN.withModel(new ModelName("n")));
    all.add(PLAIN.withMaxTokens(1));
    all.addAll(messages());
    all.addAll(samplings());
    for (ToolChoice choice :
        List.of(new ToolChoice.None(), new ToolChoice.Required(), new ToolChoice.Named("f"))) {
      all.add(
          new ChatRequest(
              M,
              PLAIN.messages(),
              List.of(),
              choice,
              PLAIN.sampling(),
              Optional.empty(),
              Extensions.NONE));
    }
    var schema = new JsonText("{\"a\":1}");
    all.add(PLAIN.withTools(List.of(new ToolDefinition("f", Optional.empty(), schema))));
    all.add(PLAIN.withTools(List.of(new ToolDefinition("f", Optional.of(""), schema))));
    all.add(PLAIN.withTools(List.of(new ToolDefinition("f", Optional.empty(), schema, true))));
    var spaced = new JsonText("{\"a\": 1}");
    all.add(PLAIN.withTools(List.of(new ToolDefinition("f", Optional.empty(), spaced))));
    all.add(PLAIN.withExtensions(Extensions.of(Dialect.OPENAI_CHAT, Map.of("a", schema))));
    all.add(PLAIN.withExtensions(Extensions.of(Dialect.ANTHROPIC, Map.of("a", schema))));
    for (ResponseFormat format :
        List.of(
            new ResponseFormat.JsonObject(),
            new ResponseFormat.JsonSchema("s", Optional.empty(), schema, false),
            new ResponseFormat.JsonSchema("s", Optional.empty(), schema, true))) {
      all.add(PLAIN.withForm(AnswerForm.ANY.withFormat(format)));
    }
    all.add(PLAIN.withForm(AnswerForm.ANY.withParallelToolCalls(false)));
    all.add(PLAIN.withForm(AnswerForm.ANY.withParallelToolCalls(true)));
    for (Thinking thinking :
        List.of(
            new Thinking.Off(),
            new Thinking.Adaptive(),
            new Thinking.ByEffort(Thinking.Effort.LOW),
            new Thinking.Budget(100))) {
      all.add(PLAIN.withForm(AnswerForm.ANY.withThinking(thinking)));
    }
    return all;
  }

  private static List<ChatRequest> messages() {
    var call = new ToolCall("i", "f", new JsonText("{}"));
    var image = new ImageSource.Data("image/png", "AAAA");
    return List.of(
        ask(Message.user("H"), Message.user("i")),
        ask(Message.user("Hi"), Message.user("")),
        ask(Message.system("Hi")),
        ask(Message.user("?")),
        ask(Message.user("\uD800")),
        ask(Message.user("\uDC00")),
        ask(Message.user("\u00d8\u0000")),
        ask(Message.of(Role.USER, List.of(new Part.Text("H"), new Part.Text("i")))),
        ask(Message.of(Role.USER, List.of(new Part.Image(image)))),
        ask(Message.of(Role.USER, List.of(new Part.Image(new ImageSource.Url("https://x"))))),
        ask(Message.assistant("Hi")),
        ask(Message.assistant("Hi", List.of(call))),
        ask(Message.assistant("Hi", List.of(call, call))),
        ask(Message.assistant("Hi").withThoughts(List.of(Thought.of("t")))),
        ask(
            Message.assistant("Hi")
                .withThoughts(List.of(Thought.signed("t", new Proof(Dialect.ANTHROPIC, "s"))))),
        ask(Message.tool("i", "Hi")),
        ask(Message.tool("j", "Hi")));
  }

  private static List<ChatRequest> samplings() {
    var temperature = SamplingOptions.builder().temperature(new Temperature(1));
    return List.of(
            temperature,
            SamplingOptions.builder().temperature(new Temperature(0)),
            SamplingOptions.builder().topP(1),
            SamplingOptions.builder().topK(1),
            SamplingOptions.builder().minP(1),
            SamplingOptions.builder().seed(1),
            SamplingOptions.builder().stop(List.of("ab")),
            SamplingOptions.builder().stop(List.of("a", "b")),
            SamplingOptions.builder().frequencyPenalty(1),
            SamplingOptions.builder().presencePenalty(1),
            SamplingOptions.builder().repeatPenalty(1),
            SamplingOptions.builder().logitBias(Map.of(1, 1.0)),
            SamplingOptions.builder().topLogprobs(1),
            SamplingOptions.builder().adapters(List.of(new Named("1", Optional.empty()))),
            SamplingOptions.builder().adapters(List.of(new Named("1", Optional.of(1.0)))),
            SamplingOptions.builder().adapters(List.of(new Named("1", Optional.of(.5)))),
            SamplingOptions.builder().adapters(List.of(new Numbered(1, Optional.of(1.0)))))
        .stream()
        .map(options -> PLAIN.withSampling(options.build()))
        .toList();
  }

  private static ChatRequest ask(Message... messages) {
    return ChatRequest.of(M, List.of(messages));
  }

  private static String key(ChatRequest request) {
    var key = new KeyDigest();
    RequestKey.add(key, request);
    return key.hex();
  }
}
