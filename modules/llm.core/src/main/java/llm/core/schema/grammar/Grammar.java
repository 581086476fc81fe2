package llm.core.schema.grammar;

/**
 * A grammar that starts at the rule {@code root}.
 *
 * @param gbnf its rules in llama.cpp's notation (grammars/README.md there), one a line
 */
public record Grammar(String gbnf) {}
