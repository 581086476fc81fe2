/**
 * Which models stand behind the names that callers use, and in which order they are asked; section
 * {@code routes} of the configuration.
 */
package llm.core.gateway.route;
