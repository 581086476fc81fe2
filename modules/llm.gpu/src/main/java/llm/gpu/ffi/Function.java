package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.util.Locale;

/** Every C function that is called, with its signature; the symbol is the name in lower case. */
enum Function {
  LLAMA_VERSION(of(ADDRESS)),
  LLAMA_LOG_SET(ofVoid(ADDRESS, ADDRESS)),
  LLAMA_BACKEND_INIT(ofVoid()),
  LLAMA_PRINT_SYSTEM_INFO(of(ADDRESS)),
  GGML_BACKEND_LOAD_ALL_FROM_PATH(ofVoid(ADDRESS)),
  GGML_BACKEND_DEV_COUNT(of(JAVA_LONG)),
  GGML_BACKEND_DEV_GET(of(ADDRESS, JAVA_LONG)),
  GGML_BACKEND_DEV_NAME(of(ADDRESS, ADDRESS)),
  GGML_BACKEND_DEV_DESCRIPTION(of(ADDRESS, ADDRESS)),

  LLAMA_MODEL_DEFAULT_PARAMS(of(ModelParams.LAYOUT)),
  LLAMA_MODEL_LOAD_FROM_FILE(of(ADDRESS, ADDRESS, ModelParams.LAYOUT)),
  LLAMA_MODEL_FREE(ofVoid(ADDRESS)),
  LLAMA_MODEL_GET_VOCAB(of(ADDRESS, ADDRESS)),
  LLAMA_MODEL_CHAT_TEMPLATE(of(ADDRESS, ADDRESS, ADDRESS)),
  LLAMA_MODEL_DESC(of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG)),
  LLAMA_MODEL_N_CTX_TRAIN(of(JAVA_INT, ADDRESS)),
  LLAMA_MODEL_HAS_ENCODER(of(JAVA_BOOLEAN, ADDRESS)),
  LLAMA_MODEL_HAS_DECODER(of(JAVA_BOOLEAN, ADDRESS)),
  LLAMA_MODEL_IS_DIFFUSION(of(JAVA_BOOLEAN, ADDRESS)),

  LLAMA_CONTEXT_DEFAULT_PARAMS(of(ContextParams.LAYOUT)),
  LLAMA_INIT_FROM_MODEL(of(ADDRESS, ADDRESS, ContextParams.LAYOUT)),
  LLAMA_FREE(ofVoid(ADDRESS)),
  LLAMA_N_CTX(of(JAVA_INT, ADDRESS)),
  LLAMA_N_BATCH(of(JAVA_INT, ADDRESS)),
  LLAMA_BATCH_GET_ONE(of(BatchStruct.LAYOUT, ADDRESS, JAVA_INT)),
  LLAMA_SET_ABORT_CALLBACK(ofVoid(ADDRESS, ADDRESS, ADDRESS)),
  LLAMA_DECODE(of(JAVA_INT, ADDRESS, BatchStruct.LAYOUT)),
  LLAMA_GET_LOGITS_ITH(of(ADDRESS, ADDRESS, JAVA_INT)),
  LLAMA_GET_MEMORY(of(ADDRESS, ADDRESS)),
  LLAMA_MEMORY_CLEAR(ofVoid(ADDRESS, JAVA_BOOLEAN)),

  LLAMA_VOCAB_TYPE(of(JAVA_INT, ADDRESS)),
  LLAMA_VOCAB_N_TOKENS(of(JAVA_INT, ADDRESS)),
  LLAMA_VOCAB_IS_EOG(of(JAVA_BOOLEAN, ADDRESS, JAVA_INT)),
  LLAMA_VOCAB_BOS(of(JAVA_INT, ADDRESS)),
  LLAMA_VOCAB_EOS(of(JAVA_INT, ADDRESS)),
  LLAMA_VOCAB_SEP(of(JAVA_INT, ADDRESS)),
  LLAMA_VOCAB_GET_ADD_BOS(of(JAVA_BOOLEAN, ADDRESS)),
  LLAMA_VOCAB_GET_ADD_EOS(of(JAVA_BOOLEAN, ADDRESS)),
  LLAMA_VOCAB_GET_ADD_SEP(of(JAVA_BOOLEAN, ADDRESS)),
  LLAMA_TOKENIZE(
      of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_BOOLEAN, JAVA_BOOLEAN)),
  LLAMA_TOKEN_TO_PIECE(of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_BOOLEAN)),
  LLAMA_CHAT_APPLY_TEMPLATE(
      of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_BOOLEAN, ADDRESS, JAVA_INT)),

  LLAMA_SAMPLER_CHAIN_DEFAULT_PARAMS(of(SamplerChainParams.LAYOUT)),
  LLAMA_SAMPLER_CHAIN_INIT(of(ADDRESS, SamplerChainParams.LAYOUT)),
  LLAMA_SAMPLER_CHAIN_ADD(ofVoid(ADDRESS, ADDRESS)),
  LLAMA_SAMPLER_INIT_GREEDY(of(ADDRESS)),
  LLAMA_SAMPLER_INIT_DIST(of(ADDRESS, JAVA_INT)),
  LLAMA_SAMPLER_INIT_TOP_K(of(ADDRESS, JAVA_INT)),
  LLAMA_SAMPLER_INIT_TOP_P(of(ADDRESS, JAVA_FLOAT, JAVA_LONG)),
  LLAMA_SAMPLER_INIT_MIN_P(of(ADDRESS, JAVA_FLOAT, JAVA_LONG)),
  LLAMA_SAMPLER_INIT_TEMP(of(ADDRESS, JAVA_FLOAT)),
  LLAMA_SAMPLER_SAMPLE(of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)),
  LLAMA_SAMPLER_FREE(ofVoid(ADDRESS));

  private final FunctionDescriptor descriptor;

  Function(FunctionDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  String symbol() {
    return name().toLowerCase(Locale.ROOT);
  }

  FunctionDescriptor descriptor() {
    return descriptor;
  }

  private static FunctionDescriptor of(MemoryLayout result, MemoryLayout... arguments) {
    return FunctionDescriptor.of(result, arguments);
  }

  private static FunctionDescriptor ofVoid(MemoryLayout... arguments) {
    return FunctionDescriptor.ofVoid(arguments);
  }
}
