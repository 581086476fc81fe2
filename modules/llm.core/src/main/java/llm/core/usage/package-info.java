/** What each key took of each model on each day: requests, tokens, money. */
package llm.core.usage;
