package llm.gpu.adapter;

import java.nio.file.Path;

/**
 * A LoRA adapter as it is configured.
 *
 * @param name what callers ask for
 * @param file its GGUF file
 * @param scale how much of it is added where a request does not say; finite
 */
public record AdapterFile(String name, Path file, double scale) {}
