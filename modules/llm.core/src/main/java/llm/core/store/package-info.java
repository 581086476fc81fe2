/**
 * What is kept beyond a request: the settings of the stores and what they have in common. The
 * stores themselves are in the packages below; only the boot code imports them.
 */
package llm.core.store;
