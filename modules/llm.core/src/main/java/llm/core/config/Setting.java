package llm.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * One configuration key: its name, type, default, range and sentence. Declared once as a constant
 * beside the code that reads it; reading it validates, and the reference in {@code
 * docs/configuration.md} is printed from the same declarations.
 *
 * @param key snake_case, one step of the path; the unit last: {@code drain_seconds}, {@code
 *     idle_ms}
 * @param type what the reference calls the type, with its range: {@code integer, 0 to 65535}
 * @param parse reads the scalar's text; throws IllegalArgumentException with a message that
 *     completes "must be …" when the text does not fit
 * @param fallback the built-in default; empty when there is none and the value is optional
 * @param fallbackText the default as the reference shows it; may differ from fallback's toString
 * @param environment variables beside the systematic one that set it, highest precedence first, as
 *     {@code MODELS_DIR}
 * @param doc one sentence for the reference
 * @param <T> the Java type
 */
public record Setting<T>(
    String key,
    String type,
    Function<String, T> parse,
    Optional<T> fallback,
    String fallbackText,
    List<String> environment,
    String doc) {

  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?[0-9][0-9_]*(\\.[0-9]+)?([eE][+-]?[0-9]{1,3})?");
  private static final String SECRET_TYPE = "secret: ${NAME} of the environment";

  /** Copies the list. */
  public Setting {
    environment = List.copyOf(environment);
  }

  /** A whole number from {@code min} to {@code max}. */
  public static Setting<Integer> integer(String key, int fallback, int min, int max, String doc) {
    return ranged(key, "integer, " + min + " to " + max, whole(min, max), fallback, doc);
  }

  /** A whole number without a default: {@link Section#find} reads it. */
  public static Setting<Integer> optionalInteger(String key, int min, int max, String doc) {
    return none(key, "integer, " + min + " to " + max, whole(min, max), doc);
  }

  /** A large whole number, such as bytes. */
  public static Setting<Long> bytes(String key, long fallback, long min, long max, String doc) {
    Function<String, Long> parse =
        text -> {
          long value = Long.parseLong(text.replace("_", ""));
          require(value >= min && value <= max);
          return value;
        };
    return ranged(key, "bytes, " + min + " to " + max, parse, fallback, doc);
  }

  /** A decimal number from {@code min} to {@code max}. */
  public static Setting<Double> number(
      String key, double fallback, double min, double max, String doc) {
    Function<String, Double> parse =
        text -> {
          double value = decimal(text);
          require(value >= min && value <= max);
          return value;
        };
    return ranged(key, "number, " + min + " to " + max, parse, fallback, doc);
  }

  /** {@code true} or {@code false}. */
  public static Setting<Boolean> flag(String key, boolean fallback, String doc) {
    Function<String, Boolean> parse =
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true", "yes", "on", "1" -> true;
              case "false", "no", "off", "0" -> false;
              default -> throw new IllegalArgumentException();
            };
    return ranged(key, "true or false", parse, fallback, doc);
  }

  /** A time; the key ends in {@code _seconds} or {@code _ms}, the number may have a fraction. */
  public static Setting<Duration> duration(
      String key, Duration fallback, Duration min, Duration max, String doc) {
    boolean seconds = key.endsWith("_seconds");
    if (!seconds && !key.endsWith("_ms")) {
      throw new IllegalArgumentException("key " + key + " must end in _seconds or _ms");
    }
    double nanosPerUnit = seconds ? 1e9 : 1e6;
    Function<String, Duration> parse =
        text -> {
          Duration value = Duration.ofNanos(Math.round(decimal(text) * nanosPerUnit));
          require(value.compareTo(min) >= 0 && value.compareTo(max) <= 0);
          return value;
        };
    String unit = seconds ? "seconds, " : "milliseconds, ";
    String type = unit + plain(min, nanosPerUnit) + " to " + plain(max, nanosPerUnit);
    return new Setting<>(
        key, type, parse, Optional.of(fallback), plain(fallback, nanosPerUnit), List.of(), doc);
  }

  /** A line of text. */
  public static Setting<String> text(String key, String fallback, String doc) {
    return ranged(key, "text", Function.identity(), fallback, doc);
  }

  /** A line of text without a default. */
  public static Setting<String> optionalText(String key, String doc) {
    return none(key, "text", Function.identity(), doc);
  }

  /** A file or folder; a relative one is taken from the working directory. */
  public static Setting<Path> optionalPath(String key, String doc) {
    return none(key, "path", Path::of, doc);
  }

  /**
   * A secret, which the file may only name by reference: {@code ${NAME}} of the environment or
   * {@code .env}. A literal secret in a file is an error.
   */
  public static Setting<Secret> optionalSecret(String key, String doc) {
    return none(key, SECRET_TYPE, Secret::new, doc);
  }

  /** One of the constants of an enum, in lower case. */
  public static <E extends Enum<E>> Setting<E> choice(String key, E fallback, String doc) {
    E[] constants = fallback.getDeclaringClass().getEnumConstants();
    var names = new StringBuilder();
    for (E constant : constants) {
      names.append(names.isEmpty() ? "" : " | ").append(constant.name().toLowerCase(Locale.ROOT));
    }
    Function<String, E> parse =
        text -> {
          for (E constant : constants) {
            if (constant.name().equalsIgnoreCase(text)) {
              return constant;
            }
          }
          throw new IllegalArgumentException();
        };
    return new Setting<>(
        key,
        names.toString(),
        parse,
        Optional.of(fallback),
        fallback.name().toLowerCase(Locale.ROOT),
        List.of(),
        doc);
  }

  /** The same setting, set by these environment variables too. */
  public Setting<T> orEnvironment(String... names) {
    return new Setting<>(key, type, parse, fallback, fallbackText, List.of(names), doc);
  }

  /** Whether the value is a secret: no message shows it and no file may contain it. */
  public boolean isSecret() {
    return type.equals(SECRET_TYPE);
  }

  private static Function<String, Integer> whole(int min, int max) {
    return text -> {
      int value = Integer.parseInt(text.replace("_", ""));
      require(value >= min && value <= max);
      return value;
    };
  }

  /** Digits as people write them: no NaN, no hexadecimal, no type letter. */
  private static double decimal(String text) {
    require(DECIMAL.matcher(text).matches());
    return Double.parseDouble(text.replace("_", ""));
  }

  private static <T> Setting<T> ranged(
      String key, String type, Function<String, T> parse, T fallback, String doc) {
    return new Setting<>(
        key, type, parse, Optional.of(fallback), fallback.toString(), List.of(), doc);
  }

  private static <T> Setting<T> none(
      String key, String type, Function<String, T> parse, String doc) {
    return new Setting<>(key, type, parse, Optional.empty(), "", List.of(), doc);
  }

  private static String plain(Duration value, double nanosPerUnit) {
    double number = value.toNanos() / nanosPerUnit;
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private static void require(boolean inRange) {
    if (!inRange) {
      throw new IllegalArgumentException();
    }
  }
}
