package llm.providers.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: the mock's vectors")
class MockVectorsTest {
  private static final ModelName MOCK = new ModelName("mock");

  private final CallScope call = Calls.open(new ManualClock());
  private final ChatProvider mock = provider();

  @Test
  void areTheSameForTheSameText() throws LlmException {
    List<Embedding> first = vectors("Hello, world!", "something else");
    assertThat(vectors("Hello, world!", "something else")).isEqualTo(first);
    assertThat(first.get(0)).isNotEqualTo(first.get(1));
    // What a client may have stored must not change from release to release.
    var stored = embed(request(Optional.of(8), text("Hello, world!"))).vectors().getFirst();
    assertThat(stored.base64()).isEqualTo("AAAAADrNkz46zZM+AAAAANezXT8AAAAAAAAAADrNk74=");
  }

  @Test
  void haveLengthOneWhateverTheText() throws LlmException {
    for (Embedding vector : vectors("a", "!?", "😀", " ", "a b c d e f g", "\n")) {
      assertThat(product(vector, vector)).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void areNearEachOtherForTextsWithWordsInCommon() throws LlmException {
    var made = vectors("The quick brown fox", "a QUICK fox, brown", "rivers run to the sea");
    double near = product(made.get(0), made.get(1));
    double far = product(made.get(0), made.get(2));
    assertThat(near).isGreaterThan(.5).isGreaterThan(far + .2);
  }

  @Test
  void areAsLongAsIsAsked() throws LlmException {
    assertThat(vectors("a").getFirst().size()).isEqualTo(256);
    for (int dimensions : new int[] {1, 2, 1_536, 4_096}) {
      Embedding made = embed(request(Optional.of(dimensions), text("a b"))).vectors().getFirst();
      assertThat(made.size()).isEqualTo(dimensions);
      assertThat(product(made, made)).isCloseTo(1, within(1e-5));
    }
    assertThat(refused(4_097, 1)).contains("4097 must be 1 to 4096");
  }

  /** A short body must not make an answer that takes the server's memory. */
  @Test
  void areNotMoreNumbersThanAnAnswerHolds() throws LlmException {
    EmbeddingInput[] most = Collections.nCopies(2_048, text("a")).toArray(EmbeddingInput[]::new);
    assertThat(embed(request(Optional.of(512), most)).vectors()).hasSize(2_048);
    assertThat(refused(513, 2_048)).contains("dimensions 513 of 2048 inputs", "1048576 numbers");
  }

  private String refused(int dimensions, int inputs) {
    EmbeddingInput[] texts = Collections.nCopies(inputs, text("a")).toArray(EmbeddingInput[]::new);
    return catchThrowableOfType(
            LlmException.class, () -> embed(request(Optional.of(dimensions), texts)))
        .error()
        .message();
  }

  @Test
  void areMadeOfTokensToo() throws LlmException {
    var tokens = new EmbeddingInput.Tokens(List.of(5, 6, 7));
    EmbeddingResult made = embed(request(Optional.empty(), tokens, text("12345678")));
    assertThat(made.usage()).isEqualTo(Usage.of(5, 0));
    assertThat(made.vectors()).hasSize(2);
    assertThat(product(made.vectors().getFirst(), made.vectors().getFirst()))
        .isCloseTo(1, within(1e-5));
  }

  @Test
  void areMadeByTheModelMockAlone() {
    assertThat(mock.embeddings(new ModelName("mock-demo"))).isEmpty();
    assertThat(mock.embeddings(new ModelName("nobody"))).isEmpty();
  }

  @Test
  void areNotMadeForACallThatWasCancelledOrAfterTheEnd() {
    call.cancel(CancelReason.CLIENT_GONE);
    assertThat(failure()).isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    mock.close();
    assertThat(failure()).isInstanceOf(LlmError.ModelUnavailable.class);
  }

  private LlmError failure() {
    return catchThrowableOfType(LlmException.class, () -> vectors("a")).error();
  }

  private List<Embedding> vectors(String... texts) throws LlmException {
    return embed(EmbeddingRequest.of(MOCK, texts)).vectors();
  }

  private EmbeddingResult embed(EmbeddingRequest request) throws LlmException {
    return mock.embeddings(MOCK).orElseThrow().embed(request, call);
  }

  private static EmbeddingRequest request(Optional<Integer> dimensions, EmbeddingInput... inputs) {
    return new EmbeddingRequest(MOCK, List.of(inputs), dimensions, Map.of());
  }

  private static EmbeddingInput text(String value) {
    return new EmbeddingInput.Text(value);
  }

  private static double product(Embedding left, Embedding right) {
    double sum = 0;
    for (int index = 0; index < left.size(); index++) {
      sum += (double) left.get(index) * right.get(index);
    }
    return sum;
  }

  private static ChatProvider provider() {
    var clock = new ManualClock();
    var context =
        new ProviderContext(
            TestConfig.yaml("").section("providers.mock"),
            new RecordingTelemetry(),
            clock,
            IdSource.RANDOM,
            Optional.empty());
    if (new MockProviderFactory().create(context) instanceof ProviderSetup.Ready(var made)) {
      return made;
    }
    throw new AssertionError("no mock");
  }
}
