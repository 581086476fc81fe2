/**
 * Upstreams that speak the OpenAI dialect over HTTP: Ollama, vLLM, LM Studio, llama-server,
 * OpenRouter, Together, OpenAI itself, another llm.server. One provider each.
 */
package llm.providers.openai;
