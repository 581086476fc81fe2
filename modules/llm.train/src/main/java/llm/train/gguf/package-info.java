/** Writes what was trained as a GGUF file, version 3, which llama.cpp reads. */
package llm.train.gguf;
