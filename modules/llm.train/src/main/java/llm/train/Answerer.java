package llm.train;

import java.util.Arrays;
import java.util.List;
import llm.train.net.Example;
import llm.train.net.Network;
import llm.train.net.Predictions;
import llm.train.vocabulary.Vocabulary;

/** Asks a model in the way the server does at temperature 0. Not thread-safe. */
final class Answerer {
  private static final int MAX_TOKENS = 120;

  private final Network network;
  private final Vocabulary vocabulary;
  private final Transcript transcript;
  private final int window;

  Answerer(TrainedModel model) {
    this.network = new Network(model.parameters());
    this.vocabulary = model.vocabulary();
    this.window = model.parameters().shape().contextTokens();
    this.transcript = new Transcript(vocabulary, window);
  }

  /**
   * What the model says.
   *
   * @param text without the token that ends it
   * @param certainty the probability of its first token, 0 to 1
   */
  record Answer(String text, double certainty) {}

  /** The answer to a question, the first of a conversation. */
  Answer answer(String question) {
    int[] tokens = transcript.prompt(question);
    int begin = tokens.length;
    double certainty = 0;
    while (tokens.length - begin < MAX_TOKENS && tokens.length < window) {
      Predictions next = next(tokens);
      int likeliest = next.likeliest(0);
      if (tokens.length == begin) {
        certainty = next.probability(0, likeliest);
      }
      if (likeliest == Vocabulary.TURN_END) {
        break;
      }
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = likeliest;
    }
    return new Answer(
        vocabulary.decode(Arrays.copyOfRange(tokens, begin, tokens.length)), certainty);
  }

  private Predictions next(int[] tokens) {
    int[] more =
        Arrays.copyOf(tokens, tokens.length + 1); // any token in the place that is asked for
    float[] weights = new float[more.length];
    weights[tokens.length] = 1;
    return network.predict(List.of(new Example(more, weights)));
  }
}
