package llm.domain.chat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How likely a token of an answer was, and which tokens could have stood in its place.
 * Probabilities are those of the model itself, before temperature, penalties and cuts.
 *
 * @param token the token's text; where its bytes are no whole characters, with U+FFFD in their
 *     place
 * @param logprob the natural logarithm of its probability: 0 or less, {@link #UNLIKELY} at the
 *     least
 * @param bytes exactly what the token stands for, as UTF-8, which may be a part of a character;
 *     empty when it stands for nothing or the provider does not tell
 * @param top the likeliest tokens at this place, likeliest first; the chosen one may be among them
 */
public record TokenLogprob(String token, double logprob, List<Byte> bytes, List<Top> top) {
  /** What stands for everything that is less likely still, a probability of 0 among it. */
  public static final double UNLIKELY = -9999;

  /**
   * Copies the lists and raises what is less than {@link #UNLIKELY} to it.
   *
   * @throws IllegalArgumentException when {@code logprob} is no logarithm of a probability
   */
  public TokenLogprob {
    logprob = checked(token, logprob);
    bytes = List.copyOf(bytes);
    top = List.copyOf(top);
  }

  /** What the token {@code piece}, given as UTF-8, has for its probability and alternatives. */
  public static TokenLogprob of(byte[] piece, double logprob, List<Top> top) {
    return new TokenLogprob(text(piece), logprob, list(piece), top);
  }

  /**
   * One of the likeliest tokens at a place.
   *
   * @param token as in {@link TokenLogprob}
   * @param logprob as in {@link TokenLogprob}
   * @param bytes as in {@link TokenLogprob}
   */
  public record Top(String token, double logprob, List<Byte> bytes) {
    /** Checks and copies as {@link TokenLogprob} does. */
    public Top {
      logprob = checked(token, logprob);
      bytes = List.copyOf(bytes);
    }

    /** What the token {@code piece}, given as UTF-8, has for its probability. */
    public static Top of(byte[] piece, double logprob) {
      return new Top(text(piece), logprob, list(piece));
    }
  }

  private static double checked(String token, double logprob) {
    if (!(logprob <= 0)) {
      throw new IllegalArgumentException(
          "logprob " + logprob + " of token '" + token + "' must be 0 or less");
    }
    return Math.max(UNLIKELY, logprob);
  }

  private static String text(byte[] piece) {
    return new String(piece, StandardCharsets.UTF_8);
  }

  private static List<Byte> list(byte[] piece) {
    var bytes = new ArrayList<Byte>(piece.length);
    for (byte each : piece) {
      bytes.add(each);
    }
    return bytes;
  }
}
