/**
 * Grammars (GBNF) of JSON Schemas: a text is let through only if it is JSON and fits the schema.
 *
 * <ol>
 *   <li>{@code document}: the schema is read, references are found;
 *   <li>{@code read}: each schema becomes the set of values that fit it, exactly ({@code set}, with
 *       strings as automata of {@code automaton} and {@code text});
 *   <li>{@code emit}: sets become rules ({@code rule}), which may let through less and never more.
 * </ol>
 *
 * @see <a href="https://json-schema.org/draft/2020-12">JSON Schema 2020-12</a>
 */
package llm.core.schema.grammar;
