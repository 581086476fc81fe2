/**
 * Connections to providers, kept warm: shaken hands over when they are made, pinged while somebody
 * asks, left to rest when nobody does.
 */
package llm.core.connection;
