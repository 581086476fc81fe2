/** Helpers of this module's own for text that leaves it: JSON, and values inside error messages. */
package llm.domain.text;
