package llm.domain.store;

/** What of a store survives, from the least. */
public enum Durability {
  /** Nothing: it is gone with the process. */
  NONE,
  /** What was acknowledged survives the process, on this machine. */
  FILE,
  /** The same, and several servers share it; how much survives a crash is its own setting. */
  SHARED
}
