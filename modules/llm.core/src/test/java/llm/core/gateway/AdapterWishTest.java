package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: adapters")
class AdapterWishTest {

  @Test
  void areRefusedWhereTheProviderTakesNone() {
    List<AdapterUse> adapters = List.of(new AdapterUse.Named("poet", Optional.empty()));
    ChatRequest request =
        ChatRequest.of(new ModelName("m"), List.of(Message.user("hi")))
            .withSampling(SamplingOptions.builder().adapters(adapters).build());

    assertThatThrownBy(() -> Losses.requireComputed(request))
        .hasMessageContaining("'m' takes no LoRA adapters")
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo("lora")));
  }
}
