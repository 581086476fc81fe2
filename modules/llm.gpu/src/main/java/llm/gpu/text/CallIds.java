package llm.gpu.text;

import java.util.concurrent.ThreadLocalRandom;

/** Ids of tool calls: nine letters and digits, which some models' templates insist on. */
public final class CallIds {
  private static final String SIGNS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int LENGTH = 9;

  private CallIds() {}

  /** A new one. */
  public static String next() {
    var id = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      id.append(SIGNS.charAt(ThreadLocalRandom.current().nextInt(SIGNS.length())));
    }
    return id.toString();
  }
}
