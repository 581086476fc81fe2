package llm.core.trace;

import java.util.ArrayList;
import java.util.List;
import llm.core.dialect.json.JsonOut;

/** Names and values as OTLP has them; a later value replaces an earlier one. Not thread-safe. */
final class Attributes {
  /** Beyond these they are dropped and counted, as OpenTelemetry's libraries do. */
  static final int MOST = 128;

  /** Of one text, more is cut off. */
  static final int MOST_CHARS = 256 * 1024;

  private final List<String> keys;
  private final List<Object> values; // String, Long, Double, Boolean, or a List of one String
  private int dropped;

  Attributes() {
    keys = new ArrayList<>(16);
    values = new ArrayList<>(16);
  }

  Attributes(Attributes other) {
    keys = new ArrayList<>(other.keys);
    values = new ArrayList<>(other.values);
  }

  void put(String key, Object value) {
    int known = keys.indexOf(key);
    if (known >= 0) {
      values.set(known, value);
    } else if (keys.size() == MOST) {
      dropped++;
    } else {
      keys.add(key);
      values.add(value);
    }
  }

  /** Writes them as the field {@code attributes}, and how many were dropped. */
  void write(JsonOut out) {
    if (!keys.isEmpty()) {
      out.name("attributes").array();
      for (int i = 0; i < keys.size(); i++) {
        out.object().field("key", keys.get(i)).name("value").object();
        write(values.get(i), out);
        out.endObject().endObject();
      }
      out.endArray();
    }
    if (dropped > 0) {
      out.field("droppedAttributesCount", dropped);
    }
  }

  /** The protobuf JSON mapping writes 64-bit integers as strings. */
  private static void write(Object value, JsonOut out) {
    switch (value) {
      case Long whole -> out.field("intValue", Long.toString(whole));
      case Double number -> out.name("doubleValue").value(number.doubleValue());
      case Boolean flag -> out.name("boolValue").value(flag.booleanValue());
      case List<?> texts -> {
        out.name("arrayValue").object().name("values").array();
        texts.forEach(text -> out.object().field("stringValue", cut(text.toString())).endObject());
        out.endArray().endObject();
      }
      default -> out.field("stringValue", cut(value.toString()));
    }
  }

  private static String cut(String text) {
    return text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS);
  }
}
