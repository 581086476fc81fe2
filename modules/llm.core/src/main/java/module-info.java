/** What the product decides; opens no server socket and calls no native code. */
module llm.core {
  requires transitive llm.domain;
  requires jtokkit;
  requires org.yaml.snakeyaml;
  requires redis.clients.jedis;
  requires tools.jackson.core;

  exports llm.core.catalogue;
  exports llm.core.concurrent;
  exports llm.core.config;
  exports llm.core.connection;
  exports llm.core.context;
  exports llm.core.context.warmup;
  exports llm.core.conversation;
  exports llm.core.conversation.record;
  exports llm.core.conversation.wire;
  exports llm.core.dialect.anthropic;
  exports llm.core.dialect.anthropic.upstream;
  exports llm.core.dialect.grammar to
      llm.gpu,
      llm.providers;
  exports llm.core.dialect.json to
      llm.providers;
  exports llm.core.dialect.completions;
  exports llm.core.dialect.llm;
  exports llm.core.dialect.openai;
  exports llm.core.dialect.openai.upstream;
  exports llm.core.dialect.prediction to
      llm.gpu;
  exports llm.core.dialect.responses;
  exports llm.core.dialect.responses.upstream;
  exports llm.core.dialect.upstream;
  exports llm.core.event;
  exports llm.core.gateway;
  exports llm.core.gbnf;
  exports llm.core.idempotency;
  exports llm.core.limit;
  exports llm.core.provider;
  exports llm.core.response;
  exports llm.core.schema;
  exports llm.core.schema.grammar;
  exports llm.core.schema.valid;
  exports llm.core.scripted;
  exports llm.core.sse;
  exports llm.core.store to
      llm.server;
  exports llm.core.store.journal to
      llm.server;
  exports llm.core.store.memory to
      llm.server;
  exports llm.core.store.redis to
      llm.server;
  exports llm.core.structured;
  exports llm.core.telemetry;
  exports llm.core.template;
  exports llm.core.template.answer;
  exports llm.core.template.grammar to
      llm.gpu;
  exports llm.core.testkit;
  exports llm.core.testkit.grammar;
  exports llm.core.tokens;
  exports llm.core.trace;
  exports llm.core.usage;

  uses llm.core.provider.ProviderFactory;
}
