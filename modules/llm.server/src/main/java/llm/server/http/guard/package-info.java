/** What stands between an answer and a client that does not take it. */
package llm.server.http.guard;
