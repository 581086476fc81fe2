/**
 * Upstreams that speak Anthropic's Messages over HTTP: Anthropic's own API, and servers that took
 * its form over. One provider each.
 */
package llm.providers.anthropic;
