/** What the model learns: dialogues about this server, true of it, and what it cannot answer. */
package llm.train.corpus;
