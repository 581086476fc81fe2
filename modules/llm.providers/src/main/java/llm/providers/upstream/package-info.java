/**
 * What providers of upstreams have in common, whatever dialect they speak: settings, exchanges,
 * answers as streams, the watch over an upstream and its models, warm connections.
 */
package llm.providers.upstream;
