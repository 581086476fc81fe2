package llm.gpu.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import llm.core.template.grammar.HeldReading;
import llm.core.template.grammar.JsonPlaces;
import llm.core.template.grammar.JsonPlaces.Value;

/**
 * Finds the JSON in an answer byte by byte. Bytes are characters of Latin-1 here, as tokens may cut
 * the text anywhere. One thread.
 */
final class JsonScan {
  private static final byte[] NOTHING = {};

  private JsonPlaces places;
  private List<Value> values = List.of(); // that may begin here
  private Value value; // null outside of values
  private String seen = ""; // the last of it, as much as a mark may have; or all while it is open
  private boolean skipsSpace; // while nothing else has come

  JsonScan(JsonPlaces places) {
    to(places);
  }

  /** A copy, which goes on by itself. */
  JsonScan(JsonScan other) {
    this.places = other.places;
    this.values = other.values;
    this.value = other.value;
    this.seen = other.seen;
    this.skipsSpace = other.skipsSpace;
  }

  /** White space at the beginning of the answer is none of it, and says nothing of what it is. */
  void skipSpace() {
    skipsSpace = true;
  }

  private void to(JsonPlaces found) {
    places = found;
    values = found instanceof JsonPlaces.Marked marked ? marked.first() : List.of();
  }

  /** Whether it is JSON from here to the end. */
  boolean isAllJson() {
    return places instanceof JsonPlaces.Everywhere || value != null && endless(value);
  }

  private static boolean endless(Value value) {
    return value.isJson() && value.end().isEmpty();
  }

  /** Whether {@code bytes} cannot end the value in work; false outside of values. */
  boolean staysIn(byte[] bytes) {
    if (value == null || value.end().isEmpty()) {
      return false;
    }
    char last = value.end().charAt(value.isJson() ? 0 : value.end().length() - 1);
    for (byte b : bytes) {
      if (b == last) {
        return false;
      }
    }
    return true;
  }

  /** Whether no JSON can come. */
  boolean isOver() {
    return places instanceof JsonPlaces.Nowhere;
  }

  /** Whether the next byte is one of a JSON value, unless it ends it. */
  boolean isJson() {
    return places instanceof JsonPlaces.Everywhere || value != null && value.isJson();
  }

  /** Goes behind a byte, and returns what of the text up to it turned out to be JSON just now. */
  byte[] next(byte b) {
    return switch (places) {
      case JsonPlaces.Nowhere _ -> NOTHING;
      case JsonPlaces.Everywhere _ -> new byte[] {b};
      case JsonPlaces.Either either -> decide(either, b);
      case JsonPlaces.Marked marked -> marked(marked, b);
    };
  }

  private byte[] decide(JsonPlaces.Either either, byte b) {
    if (skipsSpace && LeadingSpace.has(b)) {
      return NOTHING;
    }
    skipsSpace = false;
    seen += latin(b);
    HeldReading.Either reading = either.reading();
    byte[] all = bytes(seen);
    String text = new String(all, StandardCharsets.UTF_8);
    boolean isCalls = reading.isCalls(text);
    boolean cut = text.endsWith("\ufffd");
    if (!isCalls
        && (reading.isOpen(text) || cut && reading.isOpen(text.substring(0, text.length() - 1)))) {
      return NOTHING;
    }
    seen = "";
    to(isCalls ? either.calls() : either.form());
    var json = new ByteArrayOutputStream();
    for (byte each : all) {
      json.writeBytes(next(each));
    }
    return json.toByteArray();
  }

  private byte[] marked(JsonPlaces.Marked marked, byte b) {
    if (value == null) {
      begin(marked, b);
      return NOTHING;
    }
    if (!value.isJson()) {
      remember(b, value.end().length());
      if (seen.equals(latin(value.end()))) {
        leave();
      }
      return NOTHING;
    }
    if (!value.end().isEmpty() && b == value.end().charAt(0)) {
      leave();
      return NOTHING;
    }
    return new byte[] {b};
  }

  private void leave() {
    value = null;
    seen = "";
  }

  private void begin(JsonPlaces.Marked marked, byte b) {
    int longest = 0;
    for (Value each : values) {
      longest = Math.max(longest, latin(each.begin()).length());
    }
    for (String call : marked.behind().keySet()) {
      longest = Math.max(longest, latin(call).length());
    }
    remember(b, longest);
    for (Map.Entry<String, List<Value>> call : marked.behind().entrySet()) {
      if (seen.endsWith(latin(call.getKey()))) {
        values = call.getValue();
        seen = "";
        return;
      }
    }
    for (Value each : values) {
      if (seen.endsWith(latin(each.begin()))) {
        value = each;
        seen = "";
        return;
      }
    }
  }

  private void remember(byte b, int most) {
    String all = seen + latin(b);
    seen = all.substring(Math.max(0, all.length() - most));
  }

  private static String latin(byte b) {
    return String.valueOf((char) (b & 0xff));
  }

  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }
}
