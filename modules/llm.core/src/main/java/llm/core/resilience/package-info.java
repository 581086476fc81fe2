/**
 * What keeps a request from failing because one provider does, and a provider from being asked more
 * than it can bear: pauses between tries, a budget for them, breakers, limits of how many are at
 * one provider at once. Nothing here knows of routes or streams.
 */
package llm.core.resilience;
