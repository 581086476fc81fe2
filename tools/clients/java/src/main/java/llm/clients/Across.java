package llm.clients;

import static llm.clients.Checks.check;
import static llm.clients.Checks.left;
import static llm.clients.Checks.marked;
import static llm.clients.Checks.require;
import static llm.clients.Checks.same;
import static llm.clients.Checks.thrown;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.responses.ResponseCreateParams;
import java.time.Duration;
import java.util.List;

/** The official OpenAI client for Java, then LangChain4j, before Anthropic's Messages. */
final class Across {
  static final String MODEL = "anthropic/claude-sonnet-4-5";

  private final OpenAIClient client = client(System.getenv("CLIENTS_KEY"));

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(System.getenv("CLIENTS_URL") + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .timeout(Duration.ofSeconds(30))
        .build();
  }

  public static void main(String[] args) {
    var checks = new Across();
    check("openai-java before Messages: text and usage", checks::chat);
    check("openai-java before Messages: two calls and their results", () -> checks.tools(false));
    check(
        "openai-java before Messages: two calls and their results, streamed",
        () -> checks.tools(true));
    check("openai-java before Messages: responses", checks::responses);
    check("openai-java before Messages: 429, 400 and a wrong key are told apart", checks::errors);
    check("openai-java before Messages: an abort reaches the upstream", checks::abort);
    LangChain.checks();
    Checks.end();
  }

  private static ChatCompletionCreateParams.Builder request(String text) {
    var params = ChatCompletionCreateParams.builder().model(MODEL).addUserMessage(text);
    marked().forEach(params::putAdditionalHeader);
    return params;
  }

  private ChatCompletion ask(ChatCompletionCreateParams.Builder params, boolean stream) {
    if (!stream) {
      return client.chat().completions().create(params.build());
    }
    params.streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build());
    var whole = ChatCompletionAccumulator.create();
    try (var chunks = client.chat().completions().createStreaming(params.build())) {
      chunks.stream().forEach(whole::accumulate);
    }
    return whole.chatCompletion();
  }

  private void chat() {
    for (boolean stream : new boolean[] {false, true}) {
      var answer = ask(request("one ü two"), stream);
      same(answer.choices().getFirst().message().content().orElse(""), "You said: one ü two");
      same(answer.choices().getFirst().finishReason().toString(), "stop");
      var usage = answer.usage().orElseThrow();
      same(List.of(usage.promptTokens(), usage.completionTokens()), List.of(100L, 12L));
      same(usage.promptTokensDetails().orElseThrow().cachedTokens().orElseThrow(), 30L);
    }
  }

  private void tools(boolean stream) {
    var params = request("call both");
    for (String name : List.of("weather", "time")) {
      var schema = FunctionParameters.builder().putAdditionalProperty("type", JsonValue.from("object"));
      params.addFunctionTool(
          FunctionDefinition.builder().name(name).parameters(schema.build()).build());
    }
    var first = ask(params, stream).choices().getFirst();
    same(first.finishReason().toString(), "tool_calls");
    var calls = first.message().toolCalls().orElseThrow();
    same(calls.stream().map(call -> call.asFunction().function().name()).toList(), List.of("weather", "time"));
    require(calls.getFirst().asFunction().function().arguments().contains("Köln"), calls);
    params.addMessage(first.message());
    for (var call : calls) {
      params.addMessage(
          ChatCompletionToolMessageParam.builder()
              .toolCallId(call.asFunction().id())
              .content("the " + call.asFunction().function().name())
              .build());
    }
    var next = ask(params, stream).choices().getFirst().message().content().orElse("");
    same(next, "Results: the weather; the time");
  }

  private void responses() {
    var params = ResponseCreateParams.builder().model(MODEL).input("one ü two");
    var answer = client.responses().create(params.build());
    var text = answer.output().getFirst().asMessage().content().getFirst().asOutputText().text();
    same(text, "You said: one ü two");
    same(answer.usage().orElseThrow().inputTokensDetails().cachedTokens(), 30L);
  }

  private void errors() {
    var busy = thrown(RateLimitException.class, () -> ask(request("fail 429"), false));
    same(busy.headers().values("retry-after"), List.of("7"));
    require(String.valueOf(busy.getMessage()).contains("asked too often"), busy);
    thrown(BadRequestException.class, () -> ask(request("fail 400"), true));
    thrown(
        UnauthorizedException.class,
        () -> client("wrong").chat().completions().create(request("hi").build()));
  }

  private void abort() throws Exception {
    try (var chunks = client.chat().completions().createStreaming(request("talk on").build())) {
      require(chunks.stream().findFirst().isPresent(), "no chunk");
    }
    left();
  }
}
