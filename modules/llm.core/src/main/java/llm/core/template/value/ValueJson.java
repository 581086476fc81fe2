package llm.core.template.value;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes values as {@code json.dumps} of Python does, which is what models were trained on: a space
 * behind each comma and colon, letters as they are.
 *
 * @param indent spaces of a level; empty: all in one line
 * @param item what stands between two entries
 * @param key what stands between a name and its value
 * @param ascii whether all but ASCII is escaped
 * @param sorted whether names are in order
 */
public record ValueJson(
    Optional<String> indent, String item, String key, boolean ascii, boolean sorted) {
  /** As {@code json.dumps(value, ensure_ascii=False)}. */
  public static final ValueJson PLAIN = new ValueJson(Optional.empty(), ", ", ": ", false, false);

  /** The JSON of {@code value}. */
  public Text write(Value value, Arguments where) throws TemplateException {
    var out = new TextBuilder();
    write(value, 0, out, where);
    return out.toText();
  }

  private void write(Value value, int depth, TextBuilder out, Arguments where)
      throws TemplateException {
    where.meter().step(where.line());
    switch (value) {
      case Value.None _ -> out.append("null");
      case Value.Bool(boolean truth) -> out.append(truth ? "true" : "false");
      case Value.Int(BigInteger number) -> {
        where.meter().characters(number.bitLength() / 3, where.line());
        out.append(number.toString());
      }
      case Value.Real(double number) -> out.append(Numbers.json(number));
      case Value.Str(Text text) -> quote(text, out, where);
      case Value.Items(List<Value> items, Value.Form _) -> writeItems(items, depth, out, where);
      case Value.Dict(Map<Key, Value> entries) -> writeEntries(entries, depth, out, where);
      case Value.Undefined _, Value.Space _, Value.Function _ ->
          throw where.error(Values.kind(value) + " is no JSON");
    }
  }

  private void writeItems(List<Value> items, int depth, TextBuilder out, Arguments where)
      throws TemplateException {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    where.meter().enter(where.line());
    out.append("[");
    for (int i = 0; i < items.size(); i++) {
      separate(i, depth + 1, out, where);
      write(items.get(i), depth + 1, out, where);
    }
    line(depth, out, where);
    where.meter().leave();
    out.append("]");
  }

  private void writeEntries(Map<Key, Value> entries, int depth, TextBuilder out, Arguments where)
      throws TemplateException {
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    List<Key> names = new ArrayList<>(entries.keySet());
    if (sorted) {
      names = Values.sorted(names, where);
    }
    where.meter().enter(where.line());
    out.append("{");
    for (int i = 0; i < names.size(); i++) {
      separate(i, depth + 1, out, where);
      quote(names.get(i).json(), out, where);
      out.append(key);
      write(entries.get(names.get(i)), depth + 1, out, where);
    }
    line(depth, out, where);
    where.meter().leave();
    out.append("}");
  }

  private void separate(int index, int depth, TextBuilder out, Arguments where)
      throws TemplateException {
    if (index > 0) {
      where.meter().characters(item.length() + key.length(), where.line());
      out.append(indent.isPresent() ? item.stripTrailing() : item);
    }
    line(depth, out, where);
  }

  private void line(int depth, TextBuilder out, Arguments where) throws TemplateException {
    if (indent.isPresent()) {
      where.meter().characters(1 + (long) indent.get().length() * depth, where.line());
      out.append("\n" + indent.get().repeat(depth));
    }
  }

  private void quote(Text text, TextBuilder out, Arguments where) throws TemplateException {
    where.meter().characters(text.length(), where.line());
    out.append("\"");
    for (Text.Run run : text.runs()) {
      out.append(escaped(run.text()), run.label());
    }
    out.append("\"");
  }

  private String escaped(String text) {
    var escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        case '\b' -> escaped.append("\\b");
        case '\f' -> escaped.append("\\f");
        default -> {
          if (c < 0x20 || ascii && c > 0x7e) {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }

  /** A dictionary of what is there, in this order. */
  public static Value dict(Map<String, Value> entries) {
    return new Value.Dict(
        entries.entrySet().stream()
            .collect(
                Collectors.toMap(
                    entry -> Key.of(entry.getKey()),
                    Map.Entry::getValue,
                    (_, last) -> last,
                    LinkedHashMap::new)));
  }
}
