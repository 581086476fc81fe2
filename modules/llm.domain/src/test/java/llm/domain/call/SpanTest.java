package llm.domain.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** O-3: work that is not recorded costs nothing and lets the caller's context through. */
class SpanTest {
  private static final TraceContext CALLERS =
      new TraceContext("a".repeat(32), "b".repeat(16), true, "x=y");

  @Test
  void doesNothingWhereThereIsNoTrace() {
    Span none = Span.passing(Optional.empty());
    assertThat(none).isSameAs(Span.NONE);
    assertThat(none.context()).isEmpty();
    assertThat(none.isTraced()).isFalse();
    assertThat(none.isRecording()).isFalse();
    assertThat(none.capturesContent()).isFalse();
    assertThat(none.begin("below", Span.Kind.CLIENT)).isSameAs(none);
  }

  @Test
  void passesTheCallersContextOn() {
    Span passing = Span.passing(Optional.of(CALLERS));
    assertThat(passing.context()).contains(CALLERS);
    assertThat(passing.isTraced()).isTrue();
    assertThat(passing.isRecording()).isFalse();
  }

  @Test
  void takesEverythingAndKeepsNothing() {
    Span none = Span.NONE;
    assertThat(
            none.put("a", "text")
                .put("b", 1L)
                .put("c", 1.5)
                .put("d", true)
                .putList("e", "one")
                .passOn("f", "all"))
        .isSameAs(none);
    none.event("happened");
    none.event("happened", "why", "because");
    none.failed("timeout", "It took too long.");
    none.end();
    Span bare = Optional::empty;
    assertThat(bare.isTraced()).isFalse();
  }
}
