package llm.train.corpus;

/**
 * A question and its answer.
 *
 * @param question as a user types it
 * @param answer as the model is to give it
 */
public record Exchange(String question, String answer) {}
