/**
 * Reads the header of GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md),
 * strictly and within limits: what llama.cpp would end the process over is refused here, with a
 * sentence.
 */
package llm.gpu.gguf;
