/** NVIDIA's management library, as far as it is asked. */
package llm.gpu.ffi.nvml;
