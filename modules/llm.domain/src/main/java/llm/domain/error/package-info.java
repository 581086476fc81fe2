/** Every expected failure as a value, and the one exception that carries it. */
package llm.domain.error;
