package llm.core.dialect.anthropic.upstream;

import java.util.regex.Pattern;

/** How a model is told to think; the API refuses the wrong one. */
public enum ThinkingStyle {
  /** As the model's name tells. */
  AUTO,
  /** By {@code thinking.budget_tokens}: Claude up to 4.5. */
  BUDGET,
  /** By {@code output_config.effort} and adaptive thinking: Claude from 4.6 on. */
  EFFORT;

  /** Claude 3 and 4 to 4.5, whatever date or platform's words their ids have. */
  private static final Pattern BY_BUDGET =
      Pattern.compile(
          "claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4(?!-(?:[6-9]|[1-9][0-9])(?![0-9])))");

  /** Claude from 4.8 on, whose major version may stand alone. */
  private static final Pattern LATE_SYSTEM =
      Pattern.compile("claude-[a-z]+-(?:4-(?:[89]|[1-9][0-9])|[5-9]|[1-9][0-9])(?![0-9])");

  /** Whether the model of this id takes messages of the system behind the user's. */
  static boolean takesLateSystem(String model) {
    return LATE_SYSTEM.matcher(model).find();
  }

  /**
   * Whether the model of this id goes on from a last message of the assistant; Claude from 4.6 on
   * refuses one (https://platform.claude.com/docs/en/about-claude/models/migration-guide).
   */
  public static boolean takesPrefill(String model) {
    return BY_BUDGET.matcher(model).find();
  }

  /** This, or what the model of this id wants. */
  ThinkingStyle of(String model) {
    if (this != AUTO) {
      return this;
    }
    return BY_BUDGET.matcher(model).find() ? BUDGET : EFFORT;
  }
}
