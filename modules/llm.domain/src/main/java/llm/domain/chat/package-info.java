/** Messages, requests, results and the events an answer is made of, in no provider's dialect. */
package llm.domain.chat;
