package llm.providers.custom;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a request template may name, as {@code {{max_tokens}}}. */
enum Placeholder {
  /** The model's id at the endpoint. */
  MODEL,
  /** The messages as the OpenAI dialect has them. */
  MESSAGES,
  /** The messages as one text. */
  PROMPT,
  /** What the system says; the messages are without it then. */
  SYSTEM,
  /** Whether a stream is wanted. */
  STREAM,
  /** The most tokens of the answer. */
  MAX_TOKENS,
  /** Temperature. */
  TEMPERATURE,
  /** Nucleus sampling. */
  TOP_P,
  /** The k likeliest tokens. */
  TOP_K,
  /** The smallest share of the likeliest token's probability. */
  MIN_P,
  /** What makes an answer repeatable. */
  SEED,
  /** Strings that end the answer. */
  STOP,
  /** Penalty for each time a token came. */
  FREQUENCY_PENALTY,
  /** Penalty for a token that came. */
  PRESENCE_PENALTY,
  /** Divisor for a token that came. */
  REPEAT_PENALTY;

  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  /** The name without its braces. */
  String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As it stands in a template. */
  @Override
  public String toString() {
    return OPEN + wireName() + CLOSE;
  }

  /** Whether it is a list, which cannot stand within a text. */
  boolean isList() {
    return this == MESSAGES || this == STOP;
  }

  static Optional<Placeholder> of(String name) {
    return Arrays.stream(values()).filter(each -> each.wireName().equals(name)).findFirst();
  }

  /** All of them, for a message. */
  static String all() {
    return Arrays.stream(values()).map(Placeholder::toString).collect(Collectors.joining(", "));
  }
}
