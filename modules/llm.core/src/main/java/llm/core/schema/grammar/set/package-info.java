/** Sets of JSON values, type by type, which can be joined and met. */
package llm.core.schema.grammar.set;
