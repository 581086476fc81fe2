package llm.train;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import llm.train.corpus.Dialogue;
import llm.train.corpus.Exchange;
import llm.train.net.Example;
import llm.train.vocabulary.Encoder;
import llm.train.vocabulary.Vocabulary;

/**
 * Writes dialogues as tokens, in ChatML as the file's template has it: every turn between {@code
 * <|im_start|>} with its role and {@code <|im_end|>}. Only answers are learned, with the token that
 * ends them. Immutable; any thread.
 */
final class Transcript {
  private static final int OPENING_TOKENS = 4;

  private final Encoder encoder;
  private final int maxTokens;

  /**
   * A writer.
   *
   * @param maxTokens the longest example; later turns that do not fit are left out
   */
  Transcript(Vocabulary vocabulary, int maxTokens) {
    this.encoder = new Encoder(vocabulary);
    this.maxTokens = maxTokens;
  }

  /** How much of the last answer of a dialogue is learned. */
  enum Ending {
    /** To the token that ends it. */
    WHOLE,
    /** Its first tokens, which decide what the others are; the rest is left out. */
    OPENING
  }

  /** The dialogue, all answers learned; empty when not even its first answer fits. */
  Optional<Example> example(Dialogue dialogue, Ending ending) {
    return example(dialogue, ending, () -> false);
  }

  /**
   * The same, some words of its questions in more tokens than they need.
   *
   * @param skips as {@link Encoder#encode(String, BooleanSupplier)} has it
   */
  Optional<Example> example(Dialogue dialogue, Ending ending, BooleanSupplier skips) {
    var text = new Text(dialogue.system(), skips);
    int fitting = 0;
    for (Exchange exchange : dialogue.exchanges()) {
      text.addQuestion(exchange.question());
      text.addAnswer(exchange.answer());
      if (text.answerEnd <= maxTokens) {
        fitting =
            ending == Ending.WHOLE
                ? text.answerEnd
                : Math.min(text.answerEnd, text.answerStart + OPENING_TOKENS);
      }
    }
    return fitting == 0 ? Optional.empty() : Optional.of(text.example(fitting));
  }

  /** The tokens of a question alone, up to where its answer begins. */
  int[] prompt(String question) {
    var text = new Text(Optional.empty(), () -> false);
    text.addQuestion(question);
    return text.tokens.build().toArray();
  }

  private final class Text {
    private final BooleanSupplier skips;
    private final IntStream.Builder tokens = IntStream.builder();
    private final IntStream.Builder learned = IntStream.builder();
    private int size;
    private int answerStart;
    private int answerEnd;

    private Text(Optional<String> system, BooleanSupplier skips) {
      this.skips = skips;
      add(Vocabulary.BEGIN, 0);
      system.ifPresent(text -> addTurn("system", text));
    }

    private void addQuestion(String question) {
      addTurn("user", question);
      add(Vocabulary.TURN_START, 0);
      add(encoder.encode("assistant\n"), 0);
    }

    private void addTurn(String role, String content) {
      add(Vocabulary.TURN_START, 0);
      add(encoder.encode(role + "\n"), 0);
      add(encoder.encode(content, skips), 0);
      add(Vocabulary.TURN_END, 0);
      add(encoder.encode("\n"), 0);
    }

    private void addAnswer(String answer) {
      answerStart = size;
      add(encoder.encode(answer), 1);
      add(Vocabulary.TURN_END, 1);
      answerEnd = size;
      add(encoder.encode("\n"), 0);
    }

    private void add(int[] encoded, int learn) {
      for (int token : encoded) {
        add(token, learn);
      }
    }

    private void add(int token, int learn) {
      tokens.add(token);
      learned.add(learn);
      size++;
    }

    private Example example(int length) {
      int[] learn = learned.build().limit(length).toArray();
      float[] weights = new float[length];
      for (int i = 0; i < length; i++) {
        weights[i] = learn[i];
      }
      return new Example(tokens.build().limit(length).toArray(), weights);
    }
  }
}
