package llm.core.context;

import java.util.Optional;

/**
 * How a turn begins.
 *
 * @param plan what to ask
 * @param handover the change of context before it
 */
public record TurnStart(Plan plan, Optional<Handover> handover) {}
