package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmException;
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
          new SamplingOptions(
              Optional.of(new Temperature(0.5)),
              Optional.of(0.9),
              Optional.of(40),
              Optional.of(0.05),
              Optional.of(7L),
              List.of("a", "b")),
          Optional.of(12),
          Map.of("response_format", new JsonText("{\"type\": \"json_object\"}")));

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
                + "\"stop\":[\"a\",\"b\"],\"max_tokens\":12,\"stream\":true,"
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
                new RequestTraits(RequestTraits.OutputLimit.MAX_COMPLETION_TOKENS, false, false)))
        .endsWith(",\"max_completion_tokens\":5,\"stream\":true}");
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
    return new String(
        ChatRequestWriter.write(request, "m", stream, traits), StandardCharsets.UTF_8);
  }
}
