package llm.bench.talk;

/**
 * A turn of a conversation as its client saw it.
 *
 * @param id its id
 * @param answer what was said, piece upon piece
 * @param end the type of the last frame
 * @param report that frame
 * @param firstTokenMillis since the server took it up
 * @param promptTokens by the model's count
 * @param uncachedTokens of these, what had to be read
 * @param handover whether the conversation went on in a new context with it
 * @param leftOut messages that the model was not told
 */
public record TalkTurn(
    String id,
    String answer,
    String end,
    String report,
    double firstTokenMillis,
    int promptTokens,
    int uncachedTokens,
    boolean handover,
    int leftOut) {}
