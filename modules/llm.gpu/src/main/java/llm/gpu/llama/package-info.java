/**
 * llama.cpp as Java objects. Each owns what it made and closes it; each checks what C would answer
 * with the end of the process, and throws instead: {@link java.lang.IllegalStateException} or
 * {@link java.lang.IllegalArgumentException} for wrong use, {@link llm.gpu.llama.LlamaException}
 * for what can happen to a correct caller. A model, and all that is made from it, belongs to the
 * thread that loaded it.
 */
package llm.gpu.llama;
