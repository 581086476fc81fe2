package llm.clients;

import static llm.clients.Checks.arrived;
import static llm.clients.Checks.check;
import static llm.clients.Checks.left;
import static llm.clients.Checks.marked;
import static llm.clients.Checks.require;
import static llm.clients.Checks.same;
import static llm.clients.Checks.thrown;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** LangChain4j, of whose words those of {@code langchain4j-open-ai} reach us, before Messages. */
final class LangChain {
  private static final String BASE = System.getenv("CLIENTS_URL") + "/v1";

  /** An answer in the form of a record. */
  record Report(String title, int degrees, List<String> tags) {}

  interface Assistant {
    String chat(String words);
  }

  interface Reporter {
    Report report(String words);
  }

  interface Talker {
    TokenStream chat(String words);
  }

  /** What the model may call. */
  static final class Tools {
    final List<String> ran = new ArrayList<>();

    @Tool("Says the weather.")
    String weather(@P("where") String city, @P("for how long") int days) {
      ran.add("weather " + city + " " + days);
      return "the weather";
    }

    @Tool("Says the time.")
    String time(@P("where") String zone) {
      ran.add("time " + zone);
      return "the time";
    }
  }

  private LangChain() {}

  static void checks() {
    check("langchain4j before Messages: text, usage and finish reason", LangChain::chat);
    check("langchain4j before Messages: text streamed", LangChain::stream);
    check("langchain4j before Messages: a service with two tools", LangChain::service);
    check("langchain4j before Messages: a service with two tools, streamed", LangChain::talk);
    check("langchain4j before Messages: images in base64 and by address", LangChain::image);
    check("langchain4j before Messages: a record by a schema", LangChain::schema);
    check("langchain4j before Messages: reasoning, whole and streamed", LangChain::thinking);
    check("langchain4j before Messages: errors have their types", LangChain::errors);
    check("langchain4j before Messages: an abort reaches the upstream", LangChain::abort);
  }

  private static OpenAiChatModel.OpenAiChatModelBuilder model() {
    return OpenAiChatModel.builder()
        .baseUrl(BASE)
        .apiKey(System.getenv("CLIENTS_KEY"))
        .modelName(Across.MODEL)
        .customHeaders(marked())
        .maxRetries(0)
        .timeout(Duration.ofSeconds(30));
  }

  private static OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder streaming() {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(BASE)
        .apiKey(System.getenv("CLIENTS_KEY"))
        .modelName(Across.MODEL)
        .customHeaders(marked())
        .timeout(Duration.ofSeconds(30));
  }

  private static void requireWhole(ChatResponse answer) {
    same(answer.aiMessage().text(), "You said: one ü two");
    same(answer.finishReason(), FinishReason.STOP);
    var usage = (OpenAiTokenUsage) answer.tokenUsage();
    same(List.of(usage.inputTokenCount(), usage.outputTokenCount()), List.of(100, 12));
    same(usage.inputTokensDetails().cachedTokens(), 30);
  }

  private static void chat() throws Exception {
    var words = UserMessage.from("one ü two");
    requireWhole(model().temperature(0.5).build().chat(SystemMessage.from("Be kind."), words));
    require(arrived().contains("\"system\":\"Be kind.\""), arrived());
    same(model().build().chat(UserMessage.from("run out")).finishReason(), FinishReason.LENGTH);
    same(
        model().build().chat(UserMessage.from("filtered")).finishReason(),
        FinishReason.CONTENT_FILTER);
  }

  private static void stream() throws Exception {
    var pieces = new ArrayList<String>();
    requireWhole(streamed(streaming().build(), "one ü two", pieces));
    require(pieces.size() > 1, pieces);
  }

  private static ChatResponse streamed(
      OpenAiStreamingChatModel model, String words, List<String> pieces) throws Exception {
    var whole = new CompletableFuture<ChatResponse>();
    model.chat(
        words,
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            pieces.add(piece);
          }

          @Override
          public void onPartialThinking(PartialThinking thought) {
            pieces.add(thought.text());
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
          }

          @Override
          public void onError(Throwable problem) {
            whole.completeExceptionally(problem);
          }
        });
    return whole.get(20, TimeUnit.SECONDS);
  }

  private static void requireRan(Tools tools) {
    var ran = tools.ran.stream().sorted().toList();
    same(ran, List.of("time Europe/Berlin", "weather Köln 2"));
  }

  private static void service() {
    var tools = new Tools();
    var assistant =
        AiServices.builder(Assistant.class).chatModel(model().build()).tools(tools).build();
    String answer = assistant.chat("say and call both");
    requireResults(answer);
    requireRan(tools);
  }

  /** The methods of a class are in no order. */
  private static void requireResults(String answer) {
    require(
        answer.startsWith("Results: ")
            && answer.contains("the weather")
            && answer.contains("the time"),
        answer);
  }

  private static void talk() throws Exception {
    var tools = new Tools();
    var whole = new CompletableFuture<ChatResponse>();
    AiServices.builder(Talker.class)
        .streamingChatModel(streaming().build())
        .tools(tools)
        .build()
        .chat("say and call both")
        .onPartialResponse(_ -> {})
        .onCompleteResponse(whole::complete)
        .onError(whole::completeExceptionally)
        .start();
    requireResults(whole.get(20, TimeUnit.SECONDS).aiMessage().text());
    requireRan(tools);
  }

  private static void image() {
    var words =
        UserMessage.from(
            TextContent.from("what is it?"),
            ImageContent.from(Checks.PNG, "image/png"),
            ImageContent.from("https://example.com/a.png"));
    same(
        model().build().chat(words).aiMessage().text(),
        "I see image/png of 70 bytes and https://example.com/a.png.");
  }

  private static void schema() throws Exception {
    var model =
        model()
            .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
            .strictJsonSchema(true)
            .build();
    var reporter = AiServices.create(Reporter.class, model);
    same(reporter.report("report"), new Report("a title ü", 21, List.of("a tags ü")));
    require(arrived().contains("\"output_config\""), arrived());
  }

  private static void thinking() throws Exception {
    var answer = model().reasoningEffort("low").returnThinking(true).build().chat(UserMessage.from("think"));
    same(answer.aiMessage().thinking(), "Hm, let me think: Köln.");
    same(answer.aiMessage().text(), "You said: think");
    var model = streaming().reasoningEffort("low").returnThinking(true).build();
    same(
        streamed(model, "think", new ArrayList<>()).aiMessage().thinking(),
        "Hm, let me think: Köln.");
  }

  private static void errors() throws Exception {
    require(
        thrown(RateLimitException.class, () -> model().build().chat("fail 429"))
            .getMessage()
            .contains("asked too often"),
        "other words");
    thrown(InvalidRequestException.class, () -> model().build().chat("fail 400"));
    thrown(ModelNotFoundException.class, () -> model().build().chat("fail 404"));
    thrown(InternalServerException.class, () -> model().build().chat("fail 500"));
    thrown(AuthenticationException.class, () -> model().apiKey("wrong").build().chat("hi"));
    var busy =
        thrown(
            ExecutionException.class,
            () -> streamed(streaming().build(), "fail 429", new ArrayList<>()));
    require(busy.getCause() instanceof RateLimitException, busy);
    // It reads over an error within a stream; that no reason of an end came is all that it shows.
    var broken = streamed(streaming().build(), "break off", new ArrayList<>());
    same(broken.finishReason(), null);
  }

  private static void abort() throws Exception {
    streaming()
        .build()
        .chat(
            "talk on",
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                context.streamingHandle().cancel();
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {}

              @Override
              public void onError(Throwable problem) {}
            });
    left();
  }
}
