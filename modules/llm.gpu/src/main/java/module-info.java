/**
 * GGUF models in this process: llama.cpp by the Foreign Function and Memory API. Exports nothing;
 * the provider {@code local} is found by {@link java.util.ServiceLoader}. Start the JVM with {@code
 * --enable-native-access=llm.gpu}.
 *
 * <p>Properties, in the section {@code providers.local}: {@code model} (none), {@code models_dir}
 * (none; {@code MODELS_DIR}), {@code chat_template} (model), {@code chat_template_file} (none),
 * {@code tool_format} (auto), {@code library_dir} (what {@code tools/native} fetched; {@code
 * LLAMA_LIB_DIR}), {@code warm} (true), {@code context_tokens} (0: the model's, at most 8192),
 * {@code pool_tokens} (0: a window for each slot, at most 8192), {@code threads} (0: half of the
 * cores, all but one of up to four), {@code loaded_models} (1), {@code slots} (8), {@code
 * background_slots} (2), {@code batch_tokens} (512), {@code step_target_ms} (100), {@code
 * speculation} (auto), {@code draft_tokens} (16), {@code draft_model} (none), {@code
 * prefix_sequences} (16), {@code prefix_tokens} (-1: as many as the pool holds), {@code
 * prefix_memory_mb} (256), {@code prefix_worth_ms} (50), {@code prefix_dir} (none), {@code
 * prefix_dir_mb} (1024), {@code embedding_pooling} (model), {@code embedding_tokens} (0: the
 * model's, at most 2048), {@code queue_capacity} (32), {@code ring_events} (256), {@code
 * stall_seconds} (30), {@code memory_budget_mb} (0: no limit of its own), {@code max_ram_percent}
 * (95), {@code ram_reserve_mb} (0), {@code gpu_index} (0; {@code GPU_INDEX}), {@code
 * max_vram_percent} (95; {@code MAX_VRAM_USAGE_PERCENT}), {@code vram_reserve_mb} (1024; {@code
 * VRAM_RESERVE_MB}), {@code gpu_layers} (-1: all), {@code idle_unload_seconds} (0: never), {@code
 * load_timeout_seconds} (300), {@code close_timeout_seconds} (10).
 */
module llm.gpu {
  requires transitive llm.core;

  provides llm.core.provider.ProviderFactory with
      llm.gpu.local.LocalProviderFactory;
}
