package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName(
    "C-3: whatever the bytes and the cuts, they are read as Jackson reads them, or refused")
class PartialJsonFuzzTest {
  private static final int ROUNDS = 6_000;
  private static final byte[] TELLING =
      "{}[]\",:\\u0d8tfnul-+.eE0123456789 \n\u0000".getBytes(StandardCharsets.UTF_8);

  @Test
  @Tag("fuzz")
  @Tag("partial")
  void whatIsReadIsWhatIsThereHoweverItIsCut() {
    var read = new AtomicLong();
    long rounds =
        Fuzz.target("partial")
            .rounds(ROUNDS)
            .run(PartialJsonFuzzTest::mutated, (input, random) -> check(input, random, read));
    assertThat(rounds < ROUNDS || read.get() > 0).as("some mutants stay legal").isTrue();
  }

  private static void check(byte[] input, Random random, AtomicLong read) {
    var whole = new PartialJson();
    whole.feed(input, 0, input.length);
    whole.end();
    var cut = new PartialJson();
    long changes = 0;
    for (int at = 0; at < input.length; ) {
      int next = Math.min(input.length, at + random.nextInt(12));
      cut.feed(input, at, next);
      assertThat(cut.changes()).isGreaterThanOrEqualTo(changes);
      changes = cut.changes();
      at = next;
    }
    cut.end();
    assertThat(cut.problem()).isEqualTo(whole.problem());
    assertThat(cut.root().map(Oracle::of)).isEqualTo(whole.root().map(Oracle::of));
    whole.problem().ifPresent(problem -> assertThat(problem.message()).hasSizeLessThan(8_000));
    Optional<String> text = decoded(input);
    if (text.isEmpty()) {
      assertThat(whole.problem()).as("bytes that are no UTF-8").isPresent();
    } else {
      assertThat(Oracle.agrees(text.get(), whole)).as(text.get()).isTrue();
    }
    read.addAndGet(whole.problem().isEmpty() ? 1 : 0);
  }

  private static Optional<String> decoded(byte[] input) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(input)).toString());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  private static byte[] mutated(Random random) {
    byte[] text = RandomJson.document(random, 4).getBytes(StandardCharsets.UTF_8);
    int changes = random.nextInt(4);
    for (int change = 0; change < changes; change++) {
      int at = random.nextInt(text.length);
      text[at] =
          random.nextInt(4) == 0
              ? (byte) random.nextInt(256)
              : TELLING[random.nextInt(TELLING.length)];
    }
    return random.nextInt(20) == 0 ? java.util.Arrays.copyOf(text, text.length / 2) : text;
  }
}
