/**
 * GGUF models in this process: llama.cpp by the Foreign Function and Memory API. Exports nothing;
 * the provider {@code local} is found by {@link java.util.ServiceLoader}. Start the JVM with {@code
 * --enable-native-access=llm.gpu}.
 *
 * <p>Properties, in the section {@code providers.local}: {@code model} (none), {@code models_dir}
 * (none; {@code MODELS_DIR}), {@code library_dir} (what {@code tools/native} fetched; {@code
 * LLAMA_LIB_DIR}), {@code warm} (true), {@code context_tokens} (0: the model's, at most 8192),
 * {@code threads} (0: one a core), {@code batch_tokens} (512), {@code embedding_pooling} (model),
 * {@code embedding_tokens} (0: the model's, at most 2048), {@code queue_capacity} (32), {@code
 * ring_events} (256), {@code stall_seconds} (30), {@code load_timeout_seconds} (300), {@code
 * close_timeout_seconds} (10).
 */
module llm.gpu {
  requires transitive llm.core;

  provides llm.core.provider.ProviderFactory with
      llm.gpu.local.LocalProviderFactory;
}
