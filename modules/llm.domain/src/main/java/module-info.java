/**
 * The words of the house: values, entities, events, errors and the ports that others implement.
 * Depends on nothing but the JDK.
 */
module llm.domain {
  exports llm.domain.call;
  exports llm.domain.chat;
  exports llm.domain.error;
  exports llm.domain.model;
  exports llm.domain.port;
}
