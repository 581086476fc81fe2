package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import llm.core.testkit.Reply;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A-2: a server that reads no calls still gives them, by tool_format")
class SpokenToolsTest {
  private static final ChatRequest REQUEST =
      ChatRequest.of(new ModelName("up/m"), List.of(Message.system("Be kind."), Message.user("hi")))
          .withTools(List.of(new ToolDefinition("now", Optional.empty(), JsonText.EMPTY_OBJECT)));

  @Test
  void toolsAreToldInTheSystemsWordsAndCallsReadFromTheAnswers() throws LlmException {
    Reply answer =
        Reply.ok(
            "application/json",
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
                + "\"[now(zone='UTC'), now()]\"},\"finish_reason\":\"stop\"}]}");
    try (var up = Upstreams.named("tool_format: pythonic").answer(answer)) {
      var result = up.provider.complete(REQUEST, up.call);

      assertThat(result.toolCalls())
          .extracting(call -> call.name() + call.arguments())
          .containsExactly("now{\"zone\":\"UTC\"}", "now{}");
      assertThat(result.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
      String body = up.server.lastPost().body();
      assertThat(body)
          .contains("Be kind.\\n\\nYou may call functions.", "[function_name(parameter_name=")
          .doesNotContain("\"tools\":", "\"tool_choice\":");
    }
  }

  @Test
  void anUpstreamThatTellsCallsItselfIsBelieved() throws LlmException {
    Reply answer =
        Reply.ok(
            "application/json",
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Ok\","
                + "\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":"
                + "\"now\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}");
    try (var up = Upstreams.named("tool_format: hermes").answer(answer)) {
      var result = up.provider.complete(REQUEST, up.call);

      assertThat(result.text()).isEqualTo("Ok");
      assertThat(result.toolCalls()).hasSize(1);
    }
  }

  @Test
  void whoBreaksOffWithinACallIsCutAndTheAnswersOwnFieldsStay() throws LlmException {
    Reply answer =
        Reply.ok(
            "application/json",
            "{\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                + "\"assistant\",\"content\":\"<tool_call>{\\\"name\\\":\\\"now\\\",\\\"arguments\\\""
                + ":{\\\"a\\\":\"},\"finish_reason\":\"stop\"}]}");
    try (var up = Upstreams.named("tool_format: hermes").answer(answer)) {
      var result = up.provider.complete(REQUEST, up.call);

      assertThat(result.toolCalls()).hasSize(1);
      assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
      assertThat(result.extensions().fields()).containsKey("system_fingerprint");
    }
  }

  @Test
  void whatWordsCannotSayIsRefused() {
    try (var up = Upstreams.named("tool_format: hermes")) {
      var logprobs = REQUEST.withSampling(SamplingOptions.builder().topLogprobs(1).build());
      assertThatThrownBy(() -> up.provider.stream(logprobs, up.call))
          .isInstanceOfSatisfying(
              LlmException.class,
              refused -> assertThat(refused.error()).isInstanceOf(LlmError.Unsupported.class));
    }
  }
}
