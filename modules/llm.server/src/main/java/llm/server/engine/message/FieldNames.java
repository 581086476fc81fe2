package llm.server.engine.message;

import java.nio.charset.StandardCharsets;

/**
 * Field names as {@link com.sun.net.httpserver.Headers} keeps them: the first letter in upper case,
 * the others in lower case. Those that clients commonly send are found without an allocation.
 */
final class FieldNames {
  private static final String[] KNOWN = {
    "Accept",
    "Accept-encoding",
    "Accept-language",
    "Api-key",
    "Authorization",
    "Cache-control",
    "Connection",
    "Content-encoding",
    "Content-length",
    "Content-type",
    "Cookie",
    "Expect",
    "Forwarded",
    "Host",
    "Http2-settings",
    "Idempotency-key",
    "If-none-match",
    "Keep-alive",
    "Last-event-id",
    "Openai-beta",
    "Openai-organization",
    "Origin",
    "Pragma",
    "Referer",
    "Sec-ch-ua",
    "Sec-fetch-dest",
    "Sec-fetch-mode",
    "Sec-fetch-site",
    "Sec-websocket-extensions",
    "Sec-websocket-key",
    "Sec-websocket-protocol",
    "Sec-websocket-version",
    "Te",
    "Traceparent",
    "Tracestate",
    "Transfer-encoding",
    "Upgrade",
    "User-agent",
    "X-api-key",
    "X-correlation-id",
    "X-forwarded-for",
    "X-forwarded-proto",
    "X-request-id",
    "X-stainless-arch",
    "X-stainless-lang",
    "X-stainless-os",
    "X-stainless-package-version",
    "X-stainless-retry-count",
    "X-stainless-runtime",
    "X-stainless-runtime-version",
  };
  private static final int SLOTS = 256;
  private static final String[] TABLE = new String[SLOTS];

  static {
    for (String name : KNOWN) {
      byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
      int slot = hash(bytes, 0, bytes.length);
      while (TABLE[slot] != null) {
        slot = (slot + 1) % SLOTS;
      }
      TABLE[slot] = name;
    }
  }

  private FieldNames() {}

  /** The name that stands from {@code from} to {@code to}: token characters, one or more. */
  static String of(byte[] bytes, int from, int to) {
    for (int slot = hash(bytes, from, to); TABLE[slot] != null; slot = (slot + 1) % SLOTS) {
      if (isSame(TABLE[slot], bytes, from, to)) {
        return TABLE[slot];
      }
    }
    byte[] name = new byte[to - from];
    for (int i = 0; i < name.length; i++) {
      byte b = bytes[from + i];
      boolean wrongCase = i == 0 ? b >= 'a' && b <= 'z' : b >= 'A' && b <= 'Z';
      name[i] = wrongCase ? (byte) (b ^ 0x20) : b;
    }
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private static boolean isSame(String name, byte[] bytes, int from, int to) {
    if (name.length() != to - from) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      int b = bytes[from + i];
      boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      if (b != c && !(letter && (b ^ 0x20) == c)) {
        return false;
      }
    }
    return true;
  }

  /** Of the length and both ends, without regard to case; enough to tell the known ones apart. */
  private static int hash(byte[] bytes, int from, int to) {
    int length = to - from;
    int hash = length * 31 + (bytes[from] | 0x20);
    hash = hash * 31 + (bytes[from + length / 2] | 0x20);
    hash = hash * 31 + (bytes[to - 1] | 0x20);
    return (hash ^ hash >>> 8) & (SLOTS - 1);
  }
}
