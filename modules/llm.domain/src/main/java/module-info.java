/**
 * The words of the house: values, entities, events, errors, the services that need no one, and the
 * ports that others implement. Depends on nothing but the JDK's {@code java.base}, opens no file
 * and no socket, starts no thread.
 */
module llm.domain {
  exports llm.domain.call;
  exports llm.domain.chat;
  exports llm.domain.content;
  exports llm.domain.embedding;
  exports llm.domain.error;
  exports llm.domain.interaction;
  exports llm.domain.limit;
  exports llm.domain.model;
  exports llm.domain.port;
  exports llm.domain.prompt;
  exports llm.domain.service;
  exports llm.domain.store;
  exports llm.domain.text to
      llm.core,
      llm.providers,
      llm.server;
}
