/** What others implement: models, token counters, event sinks, clocks and ids. */
package llm.domain.port;
