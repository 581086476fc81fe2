/**
 * Grammars as llama.cpp writes them (GBNF), read, checked and run over bytes of UTF-8.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md">GBNF</a>
 */
package llm.core.gbnf;
