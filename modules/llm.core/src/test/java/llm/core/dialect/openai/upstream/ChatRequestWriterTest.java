package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-2 a request goes to an upstream as it was asked")
class ChatRequestWriterTest {
  private static final ModelName MODEL = new ModelName("up/m");
  private static final ChatRequest FULL =
      new ChatRequest(
          MODEL,
          List.of(
              Message.system("be \"kind\""),
              Message.user("grüße 😀\n"),
              Message.assistant("", List.of(new ToolCall("c", "f", new JsonText("{\"x\": 1}")))),
              Message.tool("c", "1"),
              Message.assistant("ok")),
          List.of(
              new ToolDefinition(
                  "f", Optional.of("does"), new JsonText("{ \"type\":\"object\" }"))),
          new ToolChoice.Named("f"),
          SamplingOptions.builder()
              .temperature(new Temperature(0.5))
              .topP(0.9)
              .topK(40)
              .minP(0.05)
              .seed(7)
              .stop(List.of("a", "b"))
              .frequencyPenalty(.5)
              .presencePenalty(-1)
              .repeatPenalty(1.1)
              .logitBias(Map.of(50256, -100.0, 7, 1.5))
              .topLogprobs(3)
              .build(),
          Optional.of(12),
          Extensions.of(
              Dialect.OPENAI_CHAT,
              Map.of("response_format", new JsonText("{\"type\": \"json_object\"}"))));

  @Test
  void everyFieldIsWrittenOnce() {
    assertThat(write(FULL, true, RequestTraits.COMMON))
        .isEqualTo(
            "{\"model\":\"m\",\"messages\":["
                + "{\"role\":\"system\",\"content\":\"be \\\"kind\\\"\"},"
                + "{\"role\":\"user\",\"content\":\"grüße 😀\\n\"},"
                + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\","
                + "\"type\":\"function\",\"function\":{\"name\":\"f\","
                + "\"arguments\":\"{\\\"x\\\": 1}\"}}]},"
                + "{\"role\":\"tool\",\"content\":\"1\",\"tool_call_id\":\"c\"},"
                + "{\"role\":\"assistant\",\"content\":\"ok\"}],"
                + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
                + "\"description\":\"does\",\"parameters\":{ \"type\":\"object\" }}}],"
                + "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
                + "\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.05,\"seed\":7,"
                + "\"stop\":[\"a\",\"b\"],\"frequency_penalty\":0.5,\"presence_penalty\":-1,"
                + "\"repeat_penalty\":1.1,\"logit_bias\":{\"7\":1.5,\"50256\":-100},"
                + "\"logprobs\":true,\"top_logprobs\":3,\"max_tokens\":12,\"stream\":true,"
                + "\"stream_options\":{\"include_usage\":true},"
                + "\"response_format\":{\"type\": \"json_object\"}}");
  }

  @Test
  void whatIsNotAskedIsNotWritten() {
    var plain = ChatRequest.of(MODEL, List.of(Message.user("hi")));
    assertThat(write(plain, false, RequestTraits.COMMON))
        .isEqualTo("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assertThat(
            write(
                plain.withMaxTokens(5),
                true,
                RequestTraits.builder()
                    .outputLimit(RequestTraits.OutputLimit.MAX_COMPLETION_TOKENS)
                    .streamUsage(false)
                    .build()))
        .endsWith(",\"max_completion_tokens\":5,\"stream\":true}");
  }

  @Test
  void theRepeatPenaltyIsCalledAsTheCallerDidElseAsTheUpstreamDoes() {
    var traits =
        RequestTraits.builder()
            .repeatPenalty(RequestTraits.RepeatPenalty.REPETITION_PENALTY)
            .build();
    var plain =
        ChatRequest.of(MODEL, List.of(Message.user("hi")))
            .withSampling(SamplingOptions.builder().repeatPenalty(1.1).build());
    assertThat(write(plain, false, RequestTraits.COMMON)).endsWith(",\"repeat_penalty\":1.1}");
    assertThat(write(plain, false, traits)).endsWith("],\"repetition_penalty\":1.1}");
    var named =
        new ChatRequest(
            plain.model(),
            plain.messages(),
            plain.tools(),
            plain.toolChoice(),
            plain.sampling(),
            plain.maxTokens(),
            Extensions.of(Dialect.OPENAI_CHAT, Map.of("repeat_penalty", new JsonText("1.10"))));
    assertThat(write(named, false, traits)).endsWith("],\"repeat_penalty\":1.1}");
  }

  @Test
  void adaptersGoByTheirNumbers() {
    var plain = ChatRequest.of(MODEL, List.of(Message.user("hi")));
    List<AdapterUse> numbered =
        List.of(
            new AdapterUse.Numbered(1, Optional.of(.5)),
            new AdapterUse.Numbered(0, Optional.empty()));
    var traits = RequestTraits.builder().adapters(true).build();
    var options = SamplingOptions.builder();
    assertThat(write(plain.withSampling(options.adapters(numbered).build()), false, traits))
        .endsWith(",\"lora\":[{\"id\":1,\"scale\":0.5},{\"id\":0,\"scale\":1}]}");
    List<AdapterUse> named =
        List.of(numbered.getFirst(), new AdapterUse.Named("x", Optional.empty()));
    var request = plain.withSampling(options.adapters(named).build());
    assertThatThrownBy(() -> ChatRequestWriter.write(request, "m", false, traits))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo("lora[1].name")));
  }

  @Test
  void anUnfinishedAnswerIsMarkedAsTheServerWantsIt() {
    var begun = ChatRequest.of(MODEL, List.of(Message.user("hi"), Message.assistant("Hel")));
    var unfinished = begun.withForm(begun.form().continuing());
    var vllm =
        RequestTraits.builder().unfinished(RequestTraits.Unfinished.CONTINUE_FINAL_MESSAGE).build();
    var deepseek = RequestTraits.builder().unfinished(RequestTraits.Unfinished.PREFIX).build();

    assertThat(write(unfinished, false, RequestTraits.COMMON))
        .endsWith("{\"role\":\"assistant\",\"content\":\"Hel\"}]}");
    assertThat(write(unfinished, false, vllm))
        .endsWith("]," + "\"continue_final_message\":true,\"add_generation_prompt\":false}");
    assertThat(write(unfinished, false, deepseek))
        .endsWith("{\"role\":\"assistant\",\"content\":\"Hel\",\"prefix\":true}]}");
    assertThat(write(begun, false, vllm)).doesNotContain("continue");
    assertThat(write(begun, false, deepseek)).doesNotContain("prefix");
  }

  @Test
  void logProbabilitiesAloneAskForNoAlternatives() {
    var plain =
        ChatRequest.of(MODEL, List.of(Message.user("hi")))
            .withSampling(SamplingOptions.builder().topLogprobs(0).build());
    assertThat(write(plain, false, RequestTraits.COMMON)).endsWith("],\"logprobs\":true}");
  }

  @Test
  void whateverIsAskedOfSamplingOurOwnReaderUnderstands() throws LlmException {
    long seed = 20_261_121;
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      SamplingOptions asked = anySampling(random);
      var request = ChatRequest.of(MODEL, List.of(Message.user("x"))).withSampling(asked);
      byte[] body = ChatRequestWriter.write(request, "up/m", false, RequestTraits.COMMON);
      assertThat(OpenAiRequestReader.read(body, name -> new ModelName(name.orElseThrow())))
          .as("seed %d, round %d", seed, round)
          .extracting(call -> call.request().sampling())
          .isEqualTo(asked);
    }
  }

  private static SamplingOptions anySampling(Random random) {
    SamplingOptions.Builder options = SamplingOptions.builder();
    List<Runnable> changes =
        List.of(
            () -> options.temperature(new Temperature(random.nextDouble(2))),
            () -> options.topP(1 - random.nextDouble()),
            () -> options.topK(random.nextInt(Integer.MAX_VALUE)),
            () -> options.minP(random.nextDouble()),
            () -> options.seed(random.nextLong()),
            () -> options.stop(List.of("\u0000" + random.nextInt(), "é😀")),
            () -> options.frequencyPenalty(random.nextDouble(-2, 2)),
            () -> options.presencePenalty(random.nextInt(-2, 3)),
            () -> options.repeatPenalty(10 - random.nextDouble(10)),
            () -> options.logitBias(anyBiases(random)),
            () -> options.topLogprobs(random.nextInt(21)));
    for (Runnable change : changes) {
      if (random.nextBoolean()) {
        change.run();
      }
    }
    return options.build();
  }

  private static Map<Integer, Double> anyBiases(Random random) {
    var biases = new HashMap<Integer, Double>();
    for (int count = random.nextInt(301); count > 0; count--) {
      biases.put(random.nextInt(Integer.MAX_VALUE), random.nextDouble(-100, 100));
    }
    return biases;
  }

  @Test
  void ourOwnReaderUnderstandsIt() throws LlmException {
    byte[] body = ChatRequestWriter.write(FULL, "up/m", true, RequestTraits.COMMON);
    var read =
        OpenAiRequestReader.read(
            new String(body, StandardCharsets.UTF_8)
                .replace(",\"response_format\":{\"type\": \"json_object\"}", "")
                .getBytes(StandardCharsets.UTF_8),
            asked -> new ModelName(asked.orElseThrow()));
    assertThat(read.stream()).isTrue();
    assertThat(read.includeUsage()).isTrue();
    assertThat(read.request().messages()).isEqualTo(FULL.messages());
    assertThat(read.request().tools()).isEqualTo(FULL.tools());
    assertThat(read.request().sampling()).isEqualTo(FULL.sampling());
    assertThat(read.request().maxTokens()).isEqualTo(FULL.maxTokens());
  }

  private static String write(ChatRequest request, boolean stream, RequestTraits traits) {
    try {
      return new String(
          ChatRequestWriter.write(request, "m", stream, traits), StandardCharsets.UTF_8);
    } catch (LlmException refused) {
      throw new AssertionError(refused);
    }
  }
}
