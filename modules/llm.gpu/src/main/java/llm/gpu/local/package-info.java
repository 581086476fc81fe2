/** The provider {@code local}: GGUF files served by the engine in this process. */
package llm.gpu.local;
