package llm.clients;

import static llm.clients.Checks.check;
import static llm.clients.Checks.require;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The official OpenAI client for Java before {@code mock}. */
final class OpenAiJava {
  private static final Path LOG = Path.of(System.getenv("CLIENTS_SERVER_LOG"));

  private final OpenAIClient client =
      OpenAIOkHttpClient.builder()
          .baseUrl(System.getenv("CLIENTS_URL") + "/v1")
          .apiKey("none")
          .maxRetries(0)
          .timeout(Duration.ofSeconds(30))
          .build();

  public static void main(String[] args) {
    var checks = new OpenAiJava();
    check("lists the models", checks::models);
    check("chats, with usage", checks::chat);
    check("streams, with usage last", checks::stream);
    check("makes embeddings", checks::embeddings);
    check("an unknown model is NotFoundException", checks::unknownModel);
    check("a wrong temperature is BadRequestException", checks::wrongField);
    check("closing a stream early is noticed by the server", checks::abort);
    Checks.end();
  }

  private static ChatCompletionCreateParams.Builder request(String model, String text) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage(text);
  }

  private void models() {
    var ids = client.models().list().data().stream().map(model -> model.id()).toList();
    require(ids.contains("mock") && ids.contains("mock-demo"), ids);
  }

  private void chat() {
    var answer = client.chat().completions().create(request("mock", "one two").build());
    String text = answer.choices().getFirst().message().content().orElse("");
    require(text.equals("Echo: one two"), text);
    require(answer.usage().orElseThrow().completionTokens() > 0, answer.usage());
    require(answer.choices().getFirst().finishReason().toString().equals("stop"), answer);
  }

  private void embeddings() {
    var params =
        EmbeddingCreateParams.builder()
            .model("mock")
            .inputOfArrayOfStrings(List.of("one two", "three"))
            .dimensions(64);
    var plain = client.embeddings().create(params.build());
    require(plain.data().size() == 2, plain);
    require(plain.data().getFirst().embedding().size() == 64, plain.data().getFirst());
    require(plain.usage().totalTokens() > 0, plain.usage());
    params.encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT);
    var floats = client.embeddings().create(params.build());
    require(floats.data().getLast().embedding().equals(plain.data().getLast().embedding()), floats);
  }

  private void stream() {
    var params =
        request("mock", "one two three")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    var text = new StringBuilder();
    var tokens = new AtomicLong();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .forEach(chunk -> {
            chunk.choices().forEach(choice -> choice.delta().content().ifPresent(text::append));
            chunk.usage().ifPresent(usage -> tokens.set(usage.totalTokens()));
          });
    }
    require(text.toString().equals("Echo: one two three"), text);
    require(tokens.get() > 0, "no usage");
  }

  private void unknownModel() {
    try {
      client.chat().completions().create(request("no-such-model", "hi").build());
      throw new AssertionError("no exception");
    } catch (NotFoundException expected) {
      require(expected.statusCode() == 404, expected);
      require(String.valueOf(expected.getMessage()).contains("no-such-model"), expected);
    }
  }

  private void wrongField() {
    try {
      client.chat().completions().create(request("mock", "hi").temperature(9.0).build());
      throw new AssertionError("no exception");
    } catch (BadRequestException expected) {
      require(String.valueOf(expected.getMessage()).contains("temperature"), expected);
    }
  }

  private void abort() throws Exception {
    String mark = "abort-java-" + System.nanoTime();
    var params =
        request("mock", "word ".repeat(1000)).putAdditionalHeader("X-Correlation-ID", mark).build();
    try (var stream = client.chat().completions().createStreaming(params)) {
      ChatCompletionChunk first = stream.stream().findFirst().orElseThrow();
      require(!first.id().isEmpty(), first);
    }
    long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (System.nanoTime() - until < 0) {
      boolean noticed =
          Files.readAllLines(LOG).stream()
              .anyMatch(line -> line.contains(mark) && line.contains("client_gone"));
      if (noticed) {
        return;
      }
      Thread.sleep(20);
    }
    throw new AssertionError("no line of the log says client_gone for " + mark);
  }
}
