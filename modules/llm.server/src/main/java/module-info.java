module llm.server {
  requires llm.core;
}
