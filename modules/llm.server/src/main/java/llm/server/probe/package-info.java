/**
 * The commands {@code tools/probe} and {@code tools/e2e}: they measure a model through the core in
 * this process, without the HTTP server.
 */
package llm.server.probe;
