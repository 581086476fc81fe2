/** Watches the graphics processor. */
package llm.gpu.nvml;
