package llm.train.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  private static final int ASCII = 260 + 95; // special tokens, bytes, printable characters
  private static final List<String> TEXTS =
      List.of("the port the port the port", "порт порт", "the porter", "ports 8080");

  @Test
  void frequentWordsBecomeOneTokenWithTheSpaceBeforeThem() {
    Vocabulary vocabulary = VocabularyLearner.learn(TEXTS, ASCII + 4 + 12);
    var encoder = new Encoder(vocabulary);

    assertThat(texts(vocabulary, encoder.encode("the port")))
        .containsExactly("the", "▁port")
        .doesNotContain("port");
    assertThat(vocabulary.decode(encoder.encode("the port, порт 1"))).isEqualTo("the port, порт 1");
  }

  @Test
  void mergesThatAreSkippedLeaveTheTextInSmallerPieces() {
    Vocabulary vocabulary = VocabularyLearner.learn(TEXTS, ASCII + 4 + 12);
    var encoder = new Encoder(vocabulary);

    assertThat(texts(vocabulary, encoder.encode("the", () -> true))).containsExactly("t", "h", "e");
    var random = new Random(9);
    int[] some = encoder.encode("the port the port", () -> random.nextInt(4) == 0);
    assertThat(vocabulary.decode(some)).isEqualTo("the port the port");
    assertThat(some.length).isBetween(5, 16);
  }

  @Test
  void whatHasNoPieceIsReadAsBytes() {
    Vocabulary vocabulary = VocabularyLearner.learn(TEXTS, ASCII + 8);
    int[] tokens = new Encoder(vocabulary).encode("é\n");

    assertThat(texts(vocabulary, tokens)).containsExactly("<0xC3>", "<0xA9>", "<0x0A>");
    assertThat(vocabulary.decode(tokens)).isEqualTo("é\n");
  }

  @Test
  void theOrderOfTheTextsDoesNotMatter() {
    Vocabulary vocabulary = VocabularyLearner.learn(TEXTS, ASCII + 12);
    var shuffled = new ArrayList<>(TEXTS);
    Collections.shuffle(shuffled, new Random(3));

    assertThat(allTexts(VocabularyLearner.learn(shuffled, ASCII + 12)))
        .isEqualTo(allTexts(vocabulary));
  }

  @Test
  void anImpossibleSizeIsRefused() {
    assertThatThrownBy(() -> VocabularyLearner.learn(TEXTS, ASCII))
        .hasMessageContaining("are too many for a vocabulary of 355");
    assertThatThrownBy(() -> VocabularyLearner.learn(TEXTS, ASCII + 100))
        .hasMessageContaining("learn fewer");
  }

  private static List<String> allTexts(Vocabulary vocabulary) {
    var all = new ArrayList<String>();
    for (int token = 0; token < vocabulary.size(); token++) {
      all.add(vocabulary.text(token));
    }
    return all;
  }

  private static List<String> texts(Vocabulary vocabulary, int[] tokens) {
    var texts = new ArrayList<String>();
    for (int token : tokens) {
      texts.add(vocabulary.text(token));
    }
    return texts;
  }
}
