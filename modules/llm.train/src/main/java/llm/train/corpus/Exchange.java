package llm.train.corpus;

/**
 * A question and its answer.
 *
 * @param question what the user says, as users write it
 * @param answer what the model has to say, word for word
 */
public record Exchange(String question, String answer) {}
