/** What is kept beyond a request: logs of records, and values with a life time. */
package llm.domain.store;
