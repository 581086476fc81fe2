/** How much each key, user, model and endpoint may ask for, and what was taken. */
package llm.core.limit;
