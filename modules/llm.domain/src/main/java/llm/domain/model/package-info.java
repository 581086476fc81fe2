/** Models: their names, what is known of them, and the values a caller may set for them. */
package llm.domain.model;
