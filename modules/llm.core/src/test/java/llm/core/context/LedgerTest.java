package llm.core.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llm.core.context.Ledger.Entry;
import llm.core.context.Ledger.Kind;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-5: the ledger of what must not be forgotten")
class LedgerTest {
  private static final Entry FACT = new Entry(Kind.FACT, "The sky is blue");
  private static final Entry DECISION = new Entry(Kind.DECISION, "We paint it red");
  private static final Entry FILE = new Entry(Kind.FILE, "src/Sky.java");

  @Test
  void entriesAreReadFromTheLinesOfAnAnswerAndWrittenAgain() {
    String answer =
        """
        They talked about the sky: mostly its colour.
        - fact: The sky is blue
        * Decision:   We  paint it
        -file: src/Sky.java
        - question: what now?
        - fact:
        -
        """;

    List<Entry> found = Ledger.parse(answer);

    assertThat(found).containsExactly(FACT, new Entry(Kind.DECISION, "We paint it"), FILE);
    assertThat(Ledger.withoutEntries(answer))
        .isEqualTo(
            "They talked about the sky: mostly its colour.\n- question: what now?\n- fact:\n-");
    Ledger ledger = Ledger.EMPTY.with(found, 1_000);
    assertThat(Ledger.parse(ledger.render())).isEqualTo(found);
  }

  @Test
  void eachEntryStandsThereOnceInTheOrderTheyCame() {
    Ledger ledger = Ledger.EMPTY.with(List.of(FACT, FILE), 1_000).with(List.of(FACT), 1_000);

    assertThat(ledger.entries()).containsExactly(FACT, FILE);
    assertThat(ledger.with(List.of(DECISION, FACT), 1_000).entries())
        .containsExactly(FACT, FILE, DECISION);
  }

  @Test
  void withTooMuchTheOldestFactsGoFirstThenFilesThenDecisionsAndTheirNumberIsTold() {
    List<Entry> all = new ArrayList<>(List.of(DECISION, FILE));
    for (int i = 0; i < 10; i++) {
      all.add(new Entry(Kind.FACT, "fact number " + i));
    }

    Ledger some = Ledger.EMPTY.with(all, 60);
    assertThat(some.entries())
        .containsExactly(
            DECISION,
            FILE,
            new Entry(Kind.FACT, "fact number 8"),
            new Entry(Kind.FACT, "fact number 9"));
    assertThat(some.dropped()).isEqualTo(8);
    assertThat(some.render()).endsWith("- (8 older entries are left out)\n");

    Ledger few = Ledger.EMPTY.with(all, DECISION.text().length());
    assertThat(few.entries()).containsExactly(DECISION);
    assertThat(few.dropped()).isEqualTo(11);
  }

  @Test
  void anEntryIsOneLineOfBoundedLengthAndNoHalfCharacter() {
    var long1 = new Entry(Kind.FACT, "x".repeat(398) + "😀😀");
    var long2 = new Entry(Kind.FACT, "x".repeat(397) + "😀😀");

    for (Entry entry : List.of(long1, long2)) {
      assertThat(entry.text()).hasSizeLessThanOrEqualTo(Ledger.MAX_ENTRY_CHARS).endsWith("…");
      assertThat(entry.text().codePoints().noneMatch(c -> c >= 0xD800 && c < 0xE000)).isTrue();
    }
    assertThat(new Entry(Kind.FILE, " a\n b\tc ").text()).isEqualTo("a b c");
    assertThatIllegalArgumentException().isThrownBy(() -> new Entry(Kind.FACT, " \n"));
  }

  @Test
  void whateverComesItStaysWithinItsBoundAndCountsWhatItDropped() {
    long seed = 20261121;
    var random = new Random(seed);
    Ledger ledger = Ledger.EMPTY;
    int given = 0;
    for (int i = 0; i < 500; i++) {
      Kind kind = Kind.values()[random.nextInt(3)];
      ledger = ledger.with(List.of(new Entry(kind, i + " " + "y".repeat(random.nextInt(80)))), 900);
      given++;
      int chars = ledger.entries().stream().mapToInt(entry -> entry.text().length()).sum();
      assertThat(chars).as("seed %d step %d", seed, i).isLessThanOrEqualTo(900);
      assertThat(ledger.entries().size() + ledger.dropped()).as("seed %d", seed).isEqualTo(given);
    }
  }
}
