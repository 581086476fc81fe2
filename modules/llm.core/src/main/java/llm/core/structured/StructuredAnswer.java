package llm.core.structured;

import java.util.Optional;
import llm.core.schema.Member;

/**
 * The answer that a conversation asks of a model (C-3), its members in the order in which they are
 * to come: what decides about the answer before the answer.
 *
 * @param isSafe whether the exchange is harmless
 * @param aggressionScore 0.0 to 1.0
 * @param internalThought for the model alone; never shown to the user
 * @param answer what the user is told
 */
public record StructuredAnswer(
    @Member(description = "whether the exchange is harmless") boolean isSafe,
    @Member(description = "how aggressive the user is", min = 0, max = 1) double aggressionScore,
    @Member(description = "your reasoning, not shown to the user") Optional<String> internalThought,
    @Member(description = "your answer to the user") String answer) {}
