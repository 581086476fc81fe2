package llm.core.gateway;

import java.time.Duration;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.gateway.attempt.Waits;
import llm.core.gateway.schema.SchemaSettings;

/**
 * How the gateway behaves; section {@code gateway}.
 *
 * @param defaultModel what a request without a model gets; empty: {@code local} where it can serve,
 *     else {@code builtin} where it can and nobody else could be asked, else {@code mock}
 * @param defaultEmbeddingModel what a request for vectors without a model gets; empty: it is
 *     refused
 * @param firstTokenTimeout how long a consumer may wait for the first token
 * @param idleTimeout how long a consumer may wait for any later event
 * @param warmPrefixes how many prefixes one principal may keep warm at once, 1 or more
 * @param embeddingBytes what vectors and their answers may take in memory, of all requests at once;
 *     0: a quarter of the heap
 * @param mockFallback whether the mock answers when nobody who was asked for is there
 * @param structuredOutput how answers are held to schemas
 * @param continueByInstruction whether a model may be told in words to go on with an answer that
 *     another one began, where its provider has no better way
 */
public record GatewaySettings(
    Optional<String> defaultModel,
    Optional<String> defaultEmbeddingModel,
    Duration firstTokenTimeout,
    Duration idleTimeout,
    int warmPrefixes,
    long embeddingBytes,
    boolean mockFallback,
    SchemaSettings structuredOutput,
    boolean continueByInstruction) {

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofHours(24);

  private static final Setting<String> DEFAULT_MODEL =
      Setting.optionalText(
          "default_model",
          "Model of requests that name none; without it local where it can serve, else builtin where it"
              + " can and neither providers nor routes are configured, else mock.");
  private static final Setting<String> DEFAULT_EMBEDDING_MODEL =
      Setting.optionalText(
          "default_embedding_model",
          "Model of requests for embeddings that name none; without it they are refused.");
  private static final Setting<Duration> FIRST_TOKEN =
      Setting.duration(
          "first_token_timeout_seconds",
          Duration.ofSeconds(60),
          SHORTEST,
          LONGEST,
          "How long a stream may let its consumer wait for the first token.");
  private static final Setting<Duration> IDLE =
      Setting.duration(
          "idle_timeout_seconds",
          Duration.ofSeconds(60),
          SHORTEST,
          LONGEST,
          "How long a stream may then be silent while its consumer waits.");
  private static final Setting<Integer> WARM_PREFIXES =
      Setting.integer(
          "warm_prefixes_per_principal",
          8,
          1,
          1_000,
          "Prefixes of prompts that one key may keep warm at once.");

  private static final Setting<Long> EMBEDDING_BYTES =
      Setting.bytes(
          "embedding_bytes",
          0,
          0,
          1L << 40,
          "Memory for the vectors of all requests at once, each number counted as "
              + EmbeddingMemory.BYTES_PER_NUMBER
              + "; 0: a quarter of the heap.");

  private static final Setting<Boolean> MOCK_FALLBACK =
      Setting.flag(
          "mock_fallback",
          false,
          "Whether mock answers, and says so, when none of a request's targets is there.");
  private static final Setting<Boolean> CONTINUE_BY_INSTRUCTION =
      Setting.flag(
          "continue_by_instruction",
          false,
          "Whether a model may be told in words to go on with an answer that broke off at another"
              + " one, where its provider has no better way. What it repeats is taken away.");

  /** What is built in. */
  public static final GatewaySettings DEFAULTS =
      new GatewaySettings(
          Optional.empty(),
          Optional.empty(),
          FIRST_TOKEN.fallback().orElseThrow(),
          IDLE.fallback().orElseThrow(),
          WARM_PREFIXES.fallback().orElseThrow(),
          EMBEDDING_BYTES.fallback().orElseThrow(),
          MOCK_FALLBACK.fallback().orElseThrow(),
          SchemaSettings.DEFAULTS,
          CONTINUE_BY_INSTRUCTION.fallback().orElseThrow());

  /** The same without a stand-in and without instructions. */
  public GatewaySettings(
      Optional<String> defaultModel,
      Optional<String> defaultEmbeddingModel,
      Duration firstTokenTimeout,
      Duration idleTimeout,
      int warmPrefixes,
      long embeddingBytes) {
    this(
        defaultModel,
        defaultEmbeddingModel,
        firstTokenTimeout,
        idleTimeout,
        warmPrefixes,
        embeddingBytes,
        false,
        SchemaSettings.DEFAULTS,
        false);
  }

  /** Reads the section. */
  public static GatewaySettings read(Section section) {
    return new GatewaySettings(
        section.find(DEFAULT_MODEL),
        section.find(DEFAULT_EMBEDDING_MODEL),
        section.get(FIRST_TOKEN),
        section.get(IDLE),
        section.get(WARM_PREFIXES),
        section.get(EMBEDDING_BYTES),
        section.get(MOCK_FALLBACK),
        SchemaSettings.read(section),
        false);
  }

  /** The same with what section {@code resilience} says. */
  public GatewaySettings with(Section resilience) {
    return new GatewaySettings(
        defaultModel,
        defaultEmbeddingModel,
        firstTokenTimeout,
        idleTimeout,
        warmPrefixes,
        embeddingBytes,
        mockFallback,
        structuredOutput,
        resilience.get(CONTINUE_BY_INSTRUCTION));
  }

  /** How long the consumer of a stream may wait. */
  Waits waits() {
    return new Waits(firstTokenTimeout, idleTimeout);
  }

  /** {@link #embeddingBytes}, or what stands for 0. */
  long embeddingMemory() {
    return embeddingBytes > 0 ? embeddingBytes : Runtime.getRuntime().maxMemory() / 4;
  }
}
