/*
 * The plain C loop that tools/bench/local measures beside us: the same library, the same file, no
 * server. Commands come one a line on standard input, each answered with one line of JSON:
 *
 *   gen TOKENS TEXT   forgets everything, reads TEXT in batches, then takes the likeliest token
 *                     TOKENS times
 *   shape TEXT        reads TEXT into each sequence, then the same next token in one sequence alone
 *                     and in 2 to 8 at once, and TEXT again in smaller batches: tells how far the
 *                     logits are apart
 *
 * Usage: loop LIBRARY_DIR MODEL CONTEXT_TOKENS BATCH_TOKENS THREADS SEQUENCES UNIFIED(0|1)
 */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ggml-backend.h"
#include "llama.h"

#define MAX_LINE (1 << 20)
#define MAX_PROMPT (1 << 15)
#define MAX_SEQUENCES 8
#define SMALL_BATCH 64

static struct llama_model *model;
static struct llama_context *context;
static const struct llama_vocab *vocabulary;
static struct llama_batch batch;
static int batch_tokens;
static int sequences;
static llama_token prompt[MAX_PROMPT];

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "loop: ");
  vfprintf(stderr, format, values);
  fprintf(stderr, "\n");
  va_end(values);
  exit(1);
}

static void silent(enum ggml_log_level level, const char *text, void *data) {
  (void)data;
  if (level == GGML_LOG_LEVEL_ERROR) {
    fputs(text, stderr);
  }
}

static int number(const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end != 0 || value < 0 || value > 1 << 24) {
    fail("%s is no number", text);
  }
  return (int)value;
}

static void put(llama_token token, int position, int sequence, bool logits) {
  int i = batch.n_tokens++;
  batch.token[i] = token;
  batch.pos[i] = position;
  batch.n_seq_id[i] = 1;
  batch.seq_id[i][0] = sequence;
  batch.logits[i] = logits;
}

static void decode(void) {
  int code = llama_decode(context, batch);
  if (code != 0) {
    fail("llama_decode said %d", code);
  }
  batch.n_tokens = 0;
}

static int tokenize(const char *text) {
  int count = llama_tokenize(vocabulary, text, (int)strlen(text), prompt, MAX_PROMPT, true, false);
  if (count < 1) {
    fail("the prompt has no tokens, or more than %d", MAX_PROMPT);
  }
  return count;
}

/* Reads tokens from..to of the prompt; logits are left for the last one. */
static void prefill_part(int from, int to, int sequence, int at_once) {
  for (int i = from; i < to; i++) {
    put(prompt[i], i, sequence, i == to - 1);
    if (batch.n_tokens == at_once || i == to - 1) {
      decode();
    }
  }
}

static void prefill(int count, int sequence, int at_once) {
  prefill_part(0, count, sequence, at_once);
}

static void generate(int tokens, const char *text) {
  static char answer[MAX_LINE];
  int length = 0;
  llama_memory_clear(llama_get_memory(context), true);
  struct llama_sampler *sampler = llama_sampler_chain_init(llama_sampler_chain_default_params());
  llama_sampler_chain_add(sampler, llama_sampler_init_greedy());

  int count = tokenize(text);
  prefill(count, 0, batch_tokens);
  for (int i = 0; i < tokens; i++) {
    llama_token token = llama_sampler_sample(sampler, context, -1);
    int room = MAX_LINE - length;
    int bytes = llama_token_to_piece(vocabulary, token, answer + length, room, 0, false);
    if (bytes < 0) {
      fail("the answer is longer than %d bytes", MAX_LINE);
    }
    length += bytes;
    if (i < tokens - 1) {
      put(token, count + i, 0, true);
      decode();
    }
  }
  llama_sampler_free(sampler);
  printf("{\"prompt_tokens\":%d,\"text\":\"%.*s\"}\n", count, length, answer);
}

static double distance(const float *one, const float *other) {
  double largest = 0;
  for (int i = 0; i < llama_vocab_n_tokens(vocabulary); i++) {
    largest = fmax(largest, fabs((double)one[i] - other[i]));
  }
  return largest;
}

static void forget_from(int sequence, int position) {
  if (!llama_memory_seq_rm(llama_get_memory(context), sequence, position, -1)) {
    fail("llama_memory_seq_rm refused");
  }
}

static void keep_logits(float *to, int index) {
  float *logits = llama_get_logits_ith(context, index);
  if (logits == NULL) {
    fail("no logits at %d", index);
  }
  memcpy(to, logits, sizeof(float) * (size_t)llama_vocab_n_tokens(vocabulary));
}

/*
 * The same prompt in the same two batches; what differs is where the second half lies in the pool:
 * behind the first, or before it, in places that another sequence has left.
 */
static double moved(int count, float *in_order, float *out_of_order) {
  int half = count / 2;
  llama_memory_clear(llama_get_memory(context), true);
  prefill_part(0, half, 0, batch_tokens);
  prefill_part(half, count, 0, batch_tokens);
  keep_logits(in_order, -1);
  llama_memory_clear(llama_get_memory(context), true);
  prefill(count - half, 1, batch_tokens);
  prefill_part(0, half, 0, batch_tokens);
  forget_from(1, 0);
  prefill_part(half, count, 0, batch_tokens);
  keep_logits(out_of_order, -1);
  return distance(in_order, out_of_order);
}

static void shape(const char *text) {
  size_t bytes = sizeof(float) * (size_t)llama_vocab_n_tokens(vocabulary);
  float *whole = malloc(bytes), *alone = malloc(bytes), *now = malloc(bytes);
  int count = tokenize(text);
  llama_token next = prompt[count / 2];

  llama_memory_clear(llama_get_memory(context), true);
  prefill(count, 0, batch_tokens);
  keep_logits(whole, -1);
  llama_memory_clear(llama_get_memory(context), true);
  prefill(count, 0, SMALL_BATCH);
  keep_logits(now, -1);
  double chunked = distance(whole, now);
  double elsewhere = moved(count, whole, now);

  llama_memory_clear(llama_get_memory(context), true);
  for (int s = 0; s < sequences; s++) {
    prefill(count, s, batch_tokens);
  }
  put(next, count, 0, true);
  decode();
  keep_logits(alone, 0);
  forget_from(0, count);

  double scale = 0;
  for (int i = 0; i < llama_vocab_n_tokens(vocabulary); i++) {
    scale = fmax(scale, fabs((double)alone[i]));
  }
  double repeated = 0, largest = 0;
  for (int size = 1; size <= sequences; size++) {
    for (int s = 0; s < size; s++) {
      put(next, count, s, true);
    }
    decode();
    keep_logits(now, 0);
    for (int s = 0; s < size; s++) {
      forget_from(s, count);
    }
    double apart = distance(alone, now);
    if (size == 1) {
      repeated = apart;
    } else {
      largest = fmax(largest, apart);
    }
  }
  printf("{\"largest\":%.9g,\"repeated\":%.9g,\"chunked\":%.9g,\"moved\":%.9g,\"largest_logit\":%.9g}\n",
         largest, repeated, chunked, elsewhere, scale);
  free(whole);
  free(alone);
  free(now);
}

static void open_model(char **values) {
  llama_log_set(silent, NULL);
  ggml_backend_load_all_from_path(values[1]);
  llama_backend_init();
  if (ggml_backend_dev_count() == 0) {
    fail("no ggml backend in %s", values[1]);
  }
  model = llama_model_load_from_file(values[2], llama_model_default_params());
  if (model == NULL) {
    fail("%s cannot be loaded", values[2]);
  }
  vocabulary = llama_model_get_vocab(model);
  batch_tokens = number(values[4]);
  sequences = number(values[6]);
  if (sequences < 1 || sequences > MAX_SEQUENCES || batch_tokens < MAX_SEQUENCES) {
    fail("1 to %d sequences, batches of %d and more", MAX_SEQUENCES, MAX_SEQUENCES);
  }
  struct llama_context_params params = llama_context_default_params();
  params.n_ctx = (uint32_t)number(values[3]);
  params.n_batch = (uint32_t)batch_tokens;
  params.n_threads = number(values[5]);
  params.n_threads_batch = params.n_threads;
  params.n_seq_max = (uint32_t)sequences;
  params.kv_unified = number(values[7]) != 0;
  context = llama_init_from_model(model, params);
  if (context == NULL) {
    fail("no context of %s tokens", values[3]);
  }
  batch = llama_batch_init(batch_tokens, 0, 1);
}

int main(int count, char **values) {
  static char line[MAX_LINE];
  if (count != 8) {
    fail("needs LIBRARY_DIR MODEL CONTEXT_TOKENS BATCH_TOKENS THREADS SEQUENCES UNIFIED");
  }
  open_model(values);
  printf("{\"ready\":true}\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    char *rest;
    if (strncmp(line, "gen ", 4) == 0) {
      int tokens = (int)strtol(line + 4, &rest, 10);
      if (tokens < 1 || *rest != ' ') {
        fail("gen TOKENS TEXT, got: %.80s", line);
      }
      generate(tokens, rest + 1);
    } else if (strncmp(line, "shape ", 6) == 0) {
      shape(line + 6);
    } else {
      fail("unknown command: %.80s", line);
    }
    fflush(stdout);
  }
  llama_batch_free(batch);
  llama_free(context);
  llama_model_free(model);
  return 0;
}
