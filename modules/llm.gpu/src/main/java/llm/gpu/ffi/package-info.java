/**
 * The only method handles and memory layouts of the product: llama.cpp's C API ({@code llama.h} and
 * {@code ggml-backend.h} of release v0.5.0), as far as it is used. Written by hand in the shape
 * that jextract gives: a class for each struct with its layout and accessors, a holder for each
 * group of functions. Nothing here checks anything: {@code llm.gpu.llama} does, and calls from
 * there only.
 */
package llm.gpu.ffi;
