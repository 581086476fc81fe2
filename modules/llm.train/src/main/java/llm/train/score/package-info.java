/**
 * Scores the built-in model by questions that it was never trained on: asks them of a server, as
 * its users do, and counts the answers that are the corpus's own.
 */
package llm.train.score;
