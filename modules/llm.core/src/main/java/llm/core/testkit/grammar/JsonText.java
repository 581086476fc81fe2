package llm.core.testkit.grammar;

import java.util.List;
import java.util.Map;

/** Maps, lists, strings, numbers and the like as JSON. */
final class JsonText {
  private JsonText() {}

  static String of(Object value) {
    var out = new StringBuilder();
    append(value, out);
    return out.toString();
  }

  private static void append(Object value, StringBuilder out) {
    switch (value) {
      case Map<?, ?> map -> {
        String before = "{";
        for (var member : map.entrySet()) {
          out.append(before);
          append(member.getKey(), out);
          out.append(": ");
          append(member.getValue(), out);
          before = ", ";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        String before = "[";
        for (Object each : list) {
          out.append(before);
          append(each, out);
          before = ", ";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case String text -> quote(text, out);
      default -> out.append(value);
    }
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        default -> {
          if (c < 0x20) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
