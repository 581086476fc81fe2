package llm.gpu.grammar;

import java.io.ByteArrayOutputStream;
import llm.core.template.grammar.JsonPlaces;

/**
 * The names of the JSON in an answer that grows token by token, wherever it stands: each value has
 * names of its own. One thread.
 */
final class JsonNames {
  private JsonScan scan;
  private MemberNames names = new MemberNames(); // of the value that is being said

  JsonNames(JsonPlaces places) {
    this.scan = new JsonScan(places);
  }

  /** White space at the beginning of the answer is none of it. */
  void skipSpace() {
    scan.skipSpace();
  }

  /** Whether the answer may go on with {@code bytes}. Changes nothing. */
  boolean allows(byte[] bytes) {
    if (scan.isAllJson()) {
      return names.allows(bytes);
    }
    if (scan.staysIn(bytes)) { // nearly all tokens do, and this is asked for many
      return !scan.isJson() || names.allows(bytes);
    }
    return scan.isOver() || follow(new JsonScan(scan), bytes, names, false) != null;
  }

  /** The answer goes on with {@code bytes}, which it {@link #allows}. */
  void take(byte[] bytes) {
    if (scan.isAllJson()) {
      names.take(bytes);
    } else if (!scan.isOver()) {
      names = follow(scan, bytes, names, true);
    }
  }

  /** The names behind {@code bytes}; null where one of them is not allowed. */
  private static MemberNames follow(
      JsonScan scan, byte[] bytes, MemberNames before, boolean isTaken) {
    MemberNames current = before;
    var json = new ByteArrayOutputStream(); // of one value
    for (byte b : bytes) {
      boolean wasJson = scan.isJson();
      byte[] found = scan.next(b);
      if (wasJson && !scan.isJson()) {
        if (!said(json, current, isTaken)) {
          return null;
        }
        json.reset();
      }
      if (!wasJson && scan.isJson()) {
        current = new MemberNames();
      }
      json.writeBytes(found);
    }
    return said(json, current, isTaken) ? current : null;
  }

  private static boolean said(ByteArrayOutputStream json, MemberNames names, boolean isTaken) {
    if (json.size() == 0) {
      return true;
    }
    byte[] bytes = json.toByteArray();
    if (isTaken) {
      names.take(bytes);
      return true;
    }
    return names.allows(bytes);
  }
}
