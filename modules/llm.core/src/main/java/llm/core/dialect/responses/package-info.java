/**
 * OpenAI's Responses as clients speak it: bodies, the items that input and answers are made of, and
 * the answer as one object or as events.
 */
package llm.core.dialect.responses;
