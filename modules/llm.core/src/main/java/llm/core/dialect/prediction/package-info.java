/** What a caller expects an answer to be, so that it comes sooner. */
package llm.core.dialect.prediction;
