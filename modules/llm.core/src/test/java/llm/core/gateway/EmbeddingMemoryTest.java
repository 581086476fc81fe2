package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: the memory for embeddings is one for all requests")
class EmbeddingMemoryTest {
  private static final int NUMBERS = 100;
  private static final long LIMIT = NUMBERS * (long) EmbeddingMemory.BYTES_PER_NUMBER;
  private static final LlmError FULL =
      new LlmError.Overloaded(
          "bytes of memory for embeddings (gateway.embedding_bytes)", LIMIT, Duration.ofSeconds(1));

  private final ManualClock clock = new ManualClock();
  private final AtomicLong taken = new AtomicLong();
  private final EmbeddingMemory memory = new EmbeddingMemory(LIMIT, taken::addAndGet);

  @Test
  void whatIsTakenComesBackAtTheEndOfTheCall() throws LlmException {
    CallScope first = call();
    memory.take(ask(2, 40), first);
    assertThat(taken).hasValue(LIMIT * 80 / 100);
    assertThat(failure(() -> memory.take(ask(1, 21), call()))).isEqualTo(FULL);
    memory.take(ask(1, 20), call());
    assertThat(taken).hasValue(LIMIT);

    first.end();
    assertThat(taken).hasValue(LIMIT * 20 / 100);
    memory.take(ask(2, 40), call());
  }

  @Test
  void aModelThatWasNotAskedYetMayTakeAllThereIsUntilItsVectorsAreSeen() throws LlmException {
    var part = memory.take(ask(1), call());
    assertThat(taken).as("%d numbers are more", EmbeddingMemory.UNKNOWN_DIMENSIONS).hasValue(LIMIT);
    assertThat(failure(() -> memory.take(ask(1), call()))).isEqualTo(FULL);

    part.made(made(1, 30));
    assertThat(taken).hasValue(LIMIT * 30 / 100);
    memory.take(ask(2), call());
    assertThat(taken).as("30 numbers each").hasValue(LIMIT * 90 / 100);
  }

  @Test
  void vectorsThatAreLongerThanBeforeNeedRoomToo() throws LlmException {
    var first = memory.take(ask(1), call());
    first.made(made(1, 30));
    CallScope later = call();
    var second = memory.take(ask(1), later);
    second.made(made(1, 40));
    assertThat(taken).hasValue(LIMIT * 70 / 100);
    assertThat(failure(() -> second.made(made(1, 71)))).isEqualTo(FULL);
    later.end();
    assertThat(taken).as("nothing is kept of what failed").hasValue(LIMIT * 30 / 100);
    second.made(made(1, 10));
    assertThat(taken).as("too late to take any").hasValue(LIMIT * 30 / 100);
  }

  @Test
  void whatNeverFitsIsTheRequestsFault() {
    LlmError refused = failure(() -> memory.take(ask(2, 51), call()));
    assertThat(refused)
        .isEqualTo(
            LlmError.InvalidRequest.at(
                "input",
                "The vectors of 2 inputs with 51 dimensions take 3264 bytes, and there are 3200 for"
                    + " all requests; send less at once, or raise gateway.embedding_bytes."));
    assertThat(failure(() -> memory.take(ask(2_048, Integer.MAX_VALUE), call())))
        .isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(taken).hasValue(0);
  }

  @Test
  void nothingIsLostOrTakenTwiceWhateverTheOrder() throws LlmException {
    long seed = 20_261_121;
    var random = new Random(seed);
    var running = new ArrayList<CallScope>();
    for (int round = 0; round < 2_000; round++) {
      if (random.nextBoolean() || running.isEmpty()) {
        CallScope call = call();
        running.add(call);
        int inputs = 1 + random.nextInt(3);
        try {
          var request = random.nextBoolean() ? ask(inputs) : ask(inputs, 1 + random.nextInt(20));
          var part = memory.take(request, call);
          part.made(made(inputs, request.dimensions().orElse(1 + random.nextInt(30))));
        } catch (LlmException full) {
          assertThat(full.error()).as("seed %d, round %d", seed, round).isEqualTo(FULL);
        }
      } else {
        running.remove(random.nextInt(running.size())).end();
      }
      assertThat(taken.get()).as("seed %d, round %d", seed, round).isBetween(0L, LIMIT);
    }
    running.forEach(CallScope::end);
    assertThat(taken).as("seed %d", seed).hasValue(0);
  }

  private CallScope call() {
    return Calls.open(clock);
  }

  private static EmbeddingRequest ask(int inputs) {
    String[] texts = new String[inputs];
    java.util.Arrays.fill(texts, "a");
    return EmbeddingRequest.of(new ModelName("m"), texts);
  }

  private static EmbeddingRequest ask(int inputs, int dimensions) {
    var plain = ask(inputs);
    return new EmbeddingRequest(plain.model(), plain.inputs(), Optional.of(dimensions), Map.of());
  }

  private static EmbeddingResult made(int vectors, int dimensions) {
    var one = Embedding.of(new float[dimensions]);
    return new EmbeddingResult(
        "m", List.copyOf(java.util.Collections.nCopies(vectors, one)), Usage.NONE);
  }

  private static LlmError failure(ThrowingCallable taking) {
    return catchThrowableOfType(LlmException.class, taking).error();
  }
}
