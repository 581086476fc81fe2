package llm.train.score;

import java.util.ArrayList;

/** Asks a model all questions of a test set, one after another. */
final class Scoring {
  private final TestSet questions;
  private final AnswerKey key;

  /**
   * Of these questions, by these answers.
   *
   * @throws CannotScore when the test set expects a topic that the corpus has not
   */
  Scoring(TestSet questions, AnswerKey key) throws CannotScore {
    this.questions = questions;
    this.key = key;
    requireTopics();
  }

  /**
   * Asks them; blocks until the last one is answered.
   *
   * @throws CannotScore when the server has not the model, and when a question has no whole answer
   */
  Score run(ChatClient client, Progress progress) throws CannotScore, InterruptedException {
    client.requireModel();
    var outcomes = new ArrayList<Outcome>();
    for (Question question : questions.questions()) {
      Answer answer = client.ask(question.text());
      boolean right = key.isRight(question, answer.text());
      outcomes.add(new Outcome(question, answer, right, key.name(question, answer.text())));
      progress.answered(right);
    }
    return new Score(outcomes);
  }

  private void requireTopics() throws CannotScore {
    for (Question question : questions.questions()) {
      for (String topic : question.expected()) {
        if (!key.topics().contains(topic)) {
          throw new CannotScore(
              "'"
                  + question.text()
                  + "' expects the topic '"
                  + topic
                  + "', which the corpus has not");
        }
      }
    }
  }
}
