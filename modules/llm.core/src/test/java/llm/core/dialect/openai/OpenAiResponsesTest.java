package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.ListedModel;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.model.ModelSpec;
import llm.domain.port.ModelInfo;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("P-3: OpenAI bodies")
class OpenAiResponsesTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void writesACompletion() {
    var result =
        new ChatResult("m", "hi \"you\"", "", List.of(), FinishReason.STOP, Usage.of(5, 2));

    JsonNode body =
        JSON.readTree(
            OpenAiResponses.completion(result, SamplingOptions.DEFAULTS, "chatcmpl-1", 17));

    assertThat(body.toString())
        .isEqualTo(
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":17,\"model\":\"m\","
                + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"hi \\\"you\\\"\",\"refusal\":null},\"logprobs\":null,"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,"
                + "\"completion_tokens\":2,\"total_tokens\":7,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}");
  }

  @Test
  void writesToolCallsWithoutContentAndReasoningBesideIt() {
    var calls = List.of(new ToolCall("c1", "f", new JsonText("{\"a\":1}")));
    var result = new ChatResult("m", "", "hm", calls, FinishReason.TOOL_CALLS, Usage.NONE);

    JsonNode message =
        JSON.readTree(OpenAiResponses.completion(result, SamplingOptions.DEFAULTS, "x", 1))
            .get("choices")
            .get(0)
            .get("message");

    assertThat(message.get("content").isNull()).isTrue();
    assertThat(message.get("reasoning_content").stringValue()).isEqualTo("hm");
    assertThat(message.get("tool_calls").toString())
        .isEqualTo(
            "[{\"id\":\"c1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]");
  }

  @Test
  void whatItWritesItCanRead() throws Exception {
    var calls = List.of(new ToolCall("c1", "f", new JsonText("{\"a\":1}")));
    var result = new ChatResult("m", "text", "hm", calls, FinishReason.TOOL_CALLS, Usage.NONE);
    String message =
        JSON.readTree(OpenAiResponses.completion(result, SamplingOptions.DEFAULTS, "x", 1))
            .get("choices")
            .get(0)
            .get("message")
            .toString();

    ChatCall again =
        OpenAiRequestReader.read(
            ("{\"messages\":[" + message + "]}").getBytes(java.nio.charset.StandardCharsets.UTF_8),
            _ -> new llm.domain.model.ModelName("m"));

    assertThat(again.request().messages().getFirst().text()).isEqualTo("text");
    assertThat(again.request().messages().getFirst().toolCalls()).isEqualTo(calls);
  }

  @Test
  void writesModels() {
    var info = new ModelInfo("m", "p", Instant.ofEpochSecond(99), Optional.empty(), "A model.");
    var model = new ListedModel(info, ModelSpec.UNKNOWN_MODEL);

    assertThat(JSON.readTree(OpenAiResponses.models(List.of(model))).toString())
        .isEqualTo(
            "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"created\":99,"
                + "\"owned_by\":\"p\",\"description\":\"A model.\"}]}");
    var adapter =
        new ModelInfo("a", "p", Instant.EPOCH, Optional.empty(), "An adapter.", Optional.of("m"));
    var adapted = new ListedModel(adapter, ModelSpec.UNKNOWN_MODEL);
    assertThat(JSON.readTree(OpenAiResponses.model(adapted)).get("parent").stringValue())
        .isEqualTo("m");
    assertThat(JSON.readTree(OpenAiResponses.model(model)).get("id").stringValue()).isEqualTo("m");
  }

  @Test
  void saysEveryErrorWithItsFourFields() {
    var soon = Duration.ofSeconds(2);
    expect(LlmError.InvalidRequest.at("n", "no"), "invalid_request_error", "n", "invalid_request");
    expect(LlmError.InvalidRequest.of("no"), "invalid_request_error", null, "invalid_request");
    expect(new LlmError.InvalidJson("x", 1, 2), "invalid_request_error", null, "invalid_json");
    expect(new LlmError.Unsupported("n", "no"), "invalid_request_error", "n", "unsupported");
    expect(
        new LlmError.ContextLengthExceeded("m", 9, 8),
        "invalid_request_error",
        "messages",
        "context_length_exceeded");
    expect(
        new LlmError.InputTooLong("m", 3, 9, 8),
        "invalid_request_error",
        "input[3]",
        "context_length_exceeded");
    expect(new LlmError.Unauthorized("no"), "authentication_error", null, "invalid_api_key");
    expect(new LlmError.Forbidden("no"), "permission_error", null, "forbidden");
    expect(new LlmError.NotFound("endpoint", "/x"), "not_found_error", null, "not_found");
    expect(new LlmError.ModelNotFound("m"), "not_found_error", "model", "model_not_found");
    expect(new LlmError.Conflict("no"), "invalid_request_error", null, "conflict");
    expect(new LlmError.QueueFull("q", 1, soon), "rate_limit_error", null, "queue_full");
    expect(new LlmError.Overloaded("r", 1, soon), "server_error", null, "overloaded");
    expect(new LlmError.ShuttingDown(soon), "server_error", null, "shutting_down");
    expect(
        new LlmError.DeadlineExceeded(CancelReason.DEADLINE, "x", soon),
        "server_error",
        null,
        "deadline_exceeded");
    expect(new LlmError.ModelUnavailable("m", "no"), "server_error", "model", "model_unavailable");
    expect(
        new LlmError.StoreUnavailable("no", java.util.Optional.of(soon)),
        "server_error",
        null,
        "store_unavailable");
    expect(new LlmError.InvalidAnswer("a", "no"), "server_error", null, "invalid_answer");
    expect(new LlmError.ProviderFailed("p", "no"), "server_error", null, "provider_failed");
    expect(
        refused(400, "context_length_exceeded"),
        "invalid_request_error",
        null,
        "context_length_exceeded");
    expect(refused(404, null), "not_found_error", null, "provider_refused");
    expect(refused(429, null), "rate_limit_error", null, "provider_refused");
    expect(refused(401, null), "server_error", null, "provider_refused");
    expect(
        new LlmError.ProviderUnreachable("p", "no"), "server_error", null, "provider_unreachable");
    expect(new LlmError.Internal(), "server_error", null, "internal");
  }

  @Test
  void reasoningIsCountedApartWhereItIsKnown() {
    var out = new llm.core.dialect.json.JsonOut(16);
    OpenAiResponses.usage(new llm.domain.chat.Usage(9, 7, 2, 5), out);
    assertThat(new String(out.toBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"prompt_tokens\":9,\"completion_tokens\":7,\"total_tokens\":16,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":2},"
                + "\"completion_tokens_details\":{\"reasoning_tokens\":5}}");
  }

  private static LlmError refused(int status, String code) {
    return new LlmError.ProviderRefused(
        "p", status, java.util.Optional.ofNullable(code), "no", java.util.Optional.empty());
  }

  private static void expect(LlmError error, String type, String param, String code) {
    JsonNode body = JSON.readTree(OpenAiResponses.error(error)).get("error");
    assertThat(body.propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(body.get("message").stringValue()).isEqualTo(error.message());
    assertThat(body.get("type").stringValue()).isEqualTo(type);
    assertThat(body.get("param").isNull() ? null : body.get("param").stringValue())
        .isEqualTo(param);
    assertThat(body.get("code").stringValue()).isEqualTo(code);
  }
}
