package llm.core.structured;

import java.util.Optional;

/**
 * A piece of an answer for the user (C-2).
 *
 * @param textChunk what the answer has grown by; empty in a chunk of metadata alone, and in the
 *     last one
 * @param isFinalChunk whether it is the last one
 * @param isSafe in the first chunk and in the last one
 * @param aggressionScore 0.0 to 1.0; in the first chunk and in the last one
 */
public record LlmStreamChunk(
    String textChunk,
    boolean isFinalChunk,
    Optional<Boolean> isSafe,
    Optional<Double> aggressionScore) {}
