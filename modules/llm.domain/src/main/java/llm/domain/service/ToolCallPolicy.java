package llm.domain.service;

/** How many tool calls of one answer are executed. */
public enum ToolCallPolicy {
  /** All of them, at once where they can be; the default. */
  PARALLEL,
  /** The first one only; more give a warning. */
  SEQUENTIAL
}
