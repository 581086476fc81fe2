package llm.train.score;

/**
 * A question and what came of it.
 *
 * @param right whether the answer is an expected one
 * @param answered whose answer it is, as {@link AnswerKey#name} tells it
 */
record Outcome(Question question, Answer answer, boolean right, String answered) {}
