package llm.gpu.memory;

/** A model that has memory, or is about to take it. Any thread. */
public interface Held {
  /** The model's name. */
  String name();

  /** What it takes, or will. */
  ModelNeed need();

  /** Whether it has taken it: what is in use shows it then. */
  boolean isResident();

  /** Whether it computes, or somebody waits for it. */
  boolean isBusy();
}
