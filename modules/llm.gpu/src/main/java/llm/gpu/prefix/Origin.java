package llm.gpu.prefix;

/**
 * What saved states belong to.
 *
 * @param file the model's file as its folder tells it; files of states are named after it
 * @param content what the states depend on beside that: the same text for the same weights, library
 *     and context
 */
public record Origin(String file, String content) {}
