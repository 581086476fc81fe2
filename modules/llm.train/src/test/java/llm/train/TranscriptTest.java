package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import llm.train.Transcript.Ending;
import llm.train.corpus.Dialogue;
import llm.train.corpus.Exchange;
import llm.train.net.Example;
import llm.train.vocabulary.Vocabulary;
import llm.train.vocabulary.VocabularyLearner;
import org.junit.jupiter.api.Test;

class TranscriptTest {
  private static final Vocabulary VOCABULARY =
      VocabularyLearner.learn(List.of("user system assistant hello bye yes no"), 380);
  private static final Dialogue TWO_TURNS =
      new Dialogue(
          Optional.of("system"), List.of(new Exchange("hello", "yes"), new Exchange("bye", "no")));

  @Test
  void onlyAnswersAndTheirEndsAreLearned() {
    Example example =
        new Transcript(VOCABULARY, 100).example(TWO_TURNS, Ending.WHOLE).orElseThrow();

    assertThat(read(example, 0, example.size()))
        .isEqualTo(
            "<s><|im_start|>system\nsystem<|im_end|>\n"
                + "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>\n"
                + "<|im_start|>user\nbye<|im_end|>\n<|im_start|>assistant\nno<|im_end|>");
    int[] learned = IntStream.range(0, example.size()).filter(i -> example.weight(i) > 0).toArray();
    var texts = new ArrayList<String>();
    for (int i : learned) {
      texts.add(read(example, i, i + 1));
    }
    assertThat(String.join("", texts)).isEqualTo("yes<|im_end|>no<|im_end|>");
  }

  @Test
  void turnsThatDoNotFitAreLeftOut() {
    int whole =
        new Transcript(VOCABULARY, 100).example(TWO_TURNS, Ending.WHOLE).orElseThrow().size();

    Example cut =
        new Transcript(VOCABULARY, whole - 1).example(TWO_TURNS, Ending.WHOLE).orElseThrow();

    assertThat(read(cut, 0, cut.size())).endsWith("yes<|im_end|>");
    assertThat(new Transcript(VOCABULARY, 5).example(TWO_TURNS, Ending.WHOLE)).isEmpty();
  }

  @Test
  void ofTheLastAnswerTheOpeningAloneCanBeLearned() {
    var dialogue =
        new Dialogue(Optional.empty(), List.of(new Exchange("hello", "yes no yes no yes no yes")));

    Example example =
        new Transcript(VOCABULARY, 100).example(dialogue, Ending.OPENING).orElseThrow();

    assertThat(read(example, 0, example.size()))
        .contains("assistant\nyes no")
        .doesNotEndWith("<|im_end|>");
    assertThat(example.weight(example.size() - 4)).isEqualTo(1);
    assertThat(example.weight(example.size() - 5)).isZero();
  }

  private static String read(Example example, int from, int to) {
    var text = new StringBuilder();
    for (int i = from; i < to; i++) {
      int token = example.token(i);
      text.append(
          VOCABULARY.type(token) == Vocabulary.Type.CONTROL
              ? VOCABULARY.text(token)
              : VOCABULARY.decode(new int[] {token}));
    }
    return text.toString();
  }
}
