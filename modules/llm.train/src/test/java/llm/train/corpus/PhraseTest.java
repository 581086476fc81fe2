package llm.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhraseTest {
  private static final Map<String, Phrase> LISTS =
      Map.of("pet", PhraseReader.read("{cat|dog}", Map.of()));

  @Test
  void everyAlternativeIsMadeAndNothingElse() {
    Phrase phrase = PhraseReader.read("{feed|{wash|comb} a} <pet>{ now|}", LISTS);
    var random = new SplittableRandom(1);
    var made = new TreeSet<String>();
    for (int i = 0; i < 500; i++) {
      made.add(phrase.pick(random));
    }
    assertThat(made)
        .containsExactly(
            "comb a cat",
            "comb a cat now",
            "comb a dog",
            "comb a dog now",
            "feed cat",
            "feed cat now",
            "feed dog",
            "feed dog now",
            "wash a cat",
            "wash a cat now",
            "wash a dog",
            "wash a dog now");
    assertThat(phrase.forms()).isEqualTo(12);
  }

  @Test
  void spacesThatAnEmptyAlternativeLeavesAreTidied() {
    Phrase phrase = PhraseReader.read("{|} what {|} now {|}, then", Map.of());
    assertThat(phrase.pick(new SplittableRandom(1))).isEqualTo("what now, then");
  }

  @Test
  void manyFormsAreCountedWithoutOverflow() {
    String ten = "{0|1|2|3|4|5|6|7|8|9}";
    assertThat(PhraseReader.read(ten.repeat(30), Map.of()).forms()).isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({
    "how {do I,without its '}'",
    "how do} I,without a '{'",
    "feed my <cow>,<cow>",
    "feed my <cow,without its '>'"
  })
  void aPhraseThatIsNoneIsRefusedWithItsFault(String text, String fault) {
    assertThatThrownBy(() -> PhraseReader.read(text, LISTS)).hasMessageContaining(fault);
  }
}
