module llm.providers {
  requires transitive llm.core;
}
