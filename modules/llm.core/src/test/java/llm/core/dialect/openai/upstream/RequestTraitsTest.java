package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import org.junit.jupiter.api.Test;

class RequestTraitsTest {
  private static final RequestTraits OTHERS =
      RequestTraits.builder()
          .outputLimit(RequestTraits.OutputLimit.MAX_COMPLETION_TOKENS)
          .streamUsage(false)
          .repeatPenalty(RequestTraits.RepeatPenalty.REPETITION_PENALTY)
          .base64Vectors(true)
          .reasoning(RequestTraits.ReasoningBack.REASONING)
          .developerRole(true)
          .unfinished(RequestTraits.Unfinished.PREFIX)
          .adapters(true)
          .grammars(RequestTraits.GrammarNames.GRAMMAR)
          .build();

  @Test
  void aBuilderGoesOnFromEveryTraitOfOthers() {
    assertThat(OTHERS.toBuilder().build()).isEqualTo(OTHERS);
  }

  @Test
  void everyTraitCanBeSet() throws ReflectiveOperationException {
    for (RecordComponent trait : RequestTraits.class.getRecordComponents()) {
      assertThat(trait.getAccessor().invoke(OTHERS))
          .as(trait.getName())
          .isNotEqualTo(trait.getAccessor().invoke(RequestTraits.COMMON));
    }
  }
}
