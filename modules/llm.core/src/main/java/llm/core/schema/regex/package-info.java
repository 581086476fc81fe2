/**
 * Regular expressions as JSON Schema has them (ECMA-262 with its flag u), matched in a time that is
 * the length of the text times that of the expression, whatever they are.
 */
package llm.core.schema.regex;
