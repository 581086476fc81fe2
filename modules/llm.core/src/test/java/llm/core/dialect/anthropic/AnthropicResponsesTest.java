package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: bodies of Anthropic's dialect")
class AnthropicResponsesTest {
  private static ChatResult result(FinishReason reason, String arguments) {
    return new ChatResult(
        "m",
        "Hi \"you\"",
        List.of(
            Thought.signed("hm", new Proof(Dialect.ANTHROPIC, "s")),
            Thought.hidden(new Proof(Dialect.ANTHROPIC, "x"))),
        List.of(new ToolCall("c", "f", new JsonText(arguments))),
        reason,
        Optional.empty(),
        new Usage(30, 4, 10, 0, 5),
        List.of());
  }

  private static String text(byte[] body) {
    return new String(body, StandardCharsets.UTF_8);
  }

  @Test
  void aMessageHasThoughtsWordsAndCalls() throws LlmException {
    assertThat(
            text(
                AnthropicResponses.message(result(FinishReason.TOOL_CALLS, "{\"a\": 1}"), "msg_1")))
        .isEqualTo(
            "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
                + "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
                + "{\"type\":\"redacted_thinking\",\"data\":\"x\"},"
                + "{\"type\":\"text\",\"text\":\"Hi \\\"you\\\"\",\"citations\":null},"
                + "{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":{\"a\": 1},"
                + "\"caller\":{\"type\":\"direct\"}}],"
                + "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,"
                + "\"usage\":{\"input_tokens\":15,\"cache_creation_input_tokens\":5,"
                + "\"cache_read_input_tokens\":10,\"output_tokens\":4}}");
  }

  @Test
  void argumentsHaveToBeAnObject() throws LlmException {
    assertThat(text(AnthropicResponses.message(result(FinishReason.STOP, " "), "i")))
        .contains("\"input\":{}", "\"stop_reason\":\"tool_use\"");
    assertThat(text(AnthropicResponses.message(result(FinishReason.LENGTH, "{\"a"), "i")))
        .contains("\"input\":{}", "\"stop_reason\":\"max_tokens\"");
    for (String wrong : List.of("{\"a", "[]", "null", "x", "{}{}")) {
      assertThatThrownBy(
              () -> AnthropicResponses.message(result(FinishReason.TOOL_CALLS, wrong), "i"))
          .as(wrong)
          .isInstanceOfSatisfying(
              LlmException.class,
              refused -> assertThat(refused.error()).isInstanceOf(LlmError.InvalidAnswer.class));
    }
  }

  @Test
  void errorsHaveTheirTypeTheirPlaceAndTheRequest() {
    assertThat(error(LlmError.InvalidRequest.at("messages[0].role", "No such role.")))
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                + "\"message\":\"messages[0].role: No such role.\"},\"request_id\":\"r1\"}");
    assertThat(error(new LlmError.Unsupported("reasoning_effort", "Not here.")))
        .contains("\"thinking: Not here.\"");
    assertThat(error(LlmError.InvalidRequest.at("system", "system must be text.")))
        .contains("\"message\":\"system must be text.\"");
    assertThat(error(new LlmError.Unauthorized("Who?"))).contains("\"authentication_error\"");
    assertThat(error(new LlmError.ModelNotFound("x"))).contains("\"not_found_error\"");
    assertThat(error(new LlmError.PayloadTooLarge(1))).contains("\"request_too_large\"");
    assertThat(error(new LlmError.QueueFull("m", 1, Duration.ofSeconds(1))))
        .contains("\"rate_limit_error\"");
    assertThat(error(new LlmError.Internal())).contains("\"api_error\"");
    assertThat(error(refused(401))).contains("\"api_error\"");
    assertThat(error(refused(404))).contains("\"not_found_error\"");
    assertThat(error(refused(504))).contains("\"timeout_error\"");
  }

  @Test
  void aRefusedThreadIsSaidSoThatClientsGoOnWithoutIt() throws LlmException {
    assertThat(error(new LlmError.Unsupported("thread", "Not held here: 'thread'.")))
        .contains(
            "\"details\":{\"error_code\":\"thread_unsupported_request\",\"unsupported\":[\"thread\"]}");
    assertThat(error(new LlmError.Unsupported("tools", "No 'thread'."))).doesNotContain("details");
  }

  @Test
  void whatIsBusyIsOverloaded() {
    var busy =
        List.of(
            new LlmError.Overloaded("places", 1, Duration.ofSeconds(1)),
            new LlmError.ShuttingDown(Duration.ofSeconds(1)),
            refused(503),
            refused(529));
    for (LlmError error : busy) {
      assertThat(error(error)).contains("\"overloaded_error\"");
      assertThat(AnthropicResponses.isOverload(error)).isTrue();
    }
    assertThat(AnthropicResponses.isOverload(refused(500))).isFalse();
    assertThat(AnthropicResponses.isOverload(new LlmError.ModelUnavailable("m", "No file.")))
        .as("asking again would not help")
        .isFalse();
  }

  private static String error(LlmError error) {
    return text(AnthropicResponses.error(error, "r1"));
  }

  private static LlmError refused(int status) {
    return new LlmError.ProviderRefused("p", status, Optional.empty(), "No.", Optional.empty());
  }
}
