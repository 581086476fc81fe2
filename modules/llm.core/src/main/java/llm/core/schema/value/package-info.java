/** JSON values as what they mean: numbers without rounding, and when two values are the same. */
package llm.core.schema.value;
