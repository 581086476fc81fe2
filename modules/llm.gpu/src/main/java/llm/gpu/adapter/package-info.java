/** LoRA adapters: which ones a request is computed with, and those of a model in memory. */
package llm.gpu.adapter;
