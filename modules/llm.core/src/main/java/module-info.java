/** What the product decides; opens no server socket and calls no native code. */
module llm.core {
  requires transitive llm.domain;

  exports llm.core.concurrent;
  exports llm.core.config;
  exports llm.core.provider;
  exports llm.core.telemetry;
  exports llm.core.testkit;
}
