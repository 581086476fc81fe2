/**
 * Any HTTP endpoint that answers a prompt, described by configuration: where it is, what a request
 * looks like, where in an answer the text stands. Texts alone; what cannot be said is refused.
 */
package llm.providers.custom;
