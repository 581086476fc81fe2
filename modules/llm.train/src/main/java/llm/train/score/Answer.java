package llm.train.score;

import java.time.Duration;

/**
 * What a server answered.
 *
 * @param text all of it
 * @param firstToken from the sending of the request to the first text of the answer; to its end
 *     where there was no text
 */
record Answer(String text, Duration firstToken) {}
