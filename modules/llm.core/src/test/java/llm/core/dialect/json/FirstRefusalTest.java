package llm.core.dialect.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;

class FirstRefusalTest {
  @Test
  void onlyTheFirstIsMadeAndTold() throws LlmException {
    var undone = new FirstRefusal();
    undone.require();
    assertThat(undone.isEmpty()).isTrue();
    var first = new LlmException(LlmError.InvalidRequest.of("This one."));
    undone.add(() -> first);
    undone.add(() -> {
      throw new AssertionError("a million of them would be made");
    });
    assertThat(undone.isEmpty()).isFalse();
    assertThatThrownBy(undone::require).isSameAs(first);
  }
}
