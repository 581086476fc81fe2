package llm.domain.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D-5 RequestBuilder")
class RequestBuilderTest {
  private static final ModelName MODEL = new ModelName("gpt-4o");
  private static final List<Message> HELLO = List.of(Message.user("Hello"));
  private static final List<ToolDefinition> TOOLS =
      List.of(new ToolDefinition("read", Optional.empty(), JsonText.EMPTY_OBJECT));

  private final RequestBuilder builder = new RequestBuilder(MODEL, ModelSpec.UNKNOWN_MODEL);

  @Test
  void setsTemperatureAndLimitByTheKindOfRequest() {
    var chat = builder.chatRequest(HELLO);
    assertThat(chat.model()).isEqualTo(MODEL);
    assertThat(chat.messages()).isEqualTo(HELLO);
    assertThat(chat.sampling().temperature()).contains(Temperature.balanced());
    assertThat(chat.maxTokens()).contains(4_096);

    var tool = builder.toolRequest(HELLO, TOOLS);
    assertThat(tool.tools()).isEqualTo(TOOLS);
    assertThat(tool.sampling().temperature()).contains(Temperature.conservative());
    assertThat(tool.maxTokens()).contains(4_096);

    var code = builder.codeGenerationRequest(HELLO);
    assertThat(code.sampling().temperature()).contains(Temperature.conservative());
    assertThat(code.maxTokens()).contains(8_192);
  }

  @Test
  void asksNoModelForMoreThanItGives() {
    var spec = new ModelSpec(4_000, 1_000, true, false, false, Optional.empty(), Optional.empty());
    assertThat(new RequestBuilder(MODEL, spec).codeGenerationRequest(HELLO).maxTokens())
        .contains(1_000);
  }

  @Test
  void refusesAToolRequestWithoutTools() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.toolRequest(HELLO, List.of()))
        .withMessage("a tool request must offer at least one tool");
  }
}
