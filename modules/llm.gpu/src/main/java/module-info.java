module llm.gpu {
  requires transitive llm.core;
}
