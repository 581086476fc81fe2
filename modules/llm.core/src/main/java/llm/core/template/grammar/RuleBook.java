package llm.core.template.grammar;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Grammars that become one: each keeps its rules, under names of its own. Not thread-safe. */
final class RuleBook {
  private final Map<String, String> rules = new LinkedHashMap<>(); // bodies by name
  private final Map<String, String> names = new HashMap<>(); // of those without one, by body
  private final StringBuilder others = new StringBuilder();
  private int parts;
  private int length;

  /** Adds a grammar and returns the name of its start rule. */
  String add(String gbnf) {
    String prefix = "g" + parts++ + "-";
    String renamed = new GbnfCopy(gbnf, prefix).text();
    length += renamed.length();
    others.append(renamed).append('\n');
    return prefix + "root";
  }

  /** Adds a grammar of JSON, in whose strings {@code <} is written as an escape. */
  String addWithoutTags(String gbnf) {
    return add(new GbnfCopy(gbnf, "").withoutTags());
  }

  /** Adds a rule and returns its name; a body that is there already is not added again. */
  String rule(String body) {
    String known = names.get(body);
    if (known != null) {
      return known;
    }
    String name = "r" + names.size();
    names.put(body, name);
    return rule(name, body);
  }

  /** Adds a rule of this name, which no other body has, and returns it. */
  String rule(String name, String body) {
    if (rules.put(name, body) == null) {
      length += body.length();
    }
    return name;
  }

  /** Characters so far. */
  int length() {
    return length;
  }

  /** All of it, from this start. */
  String gbnf(String root) {
    var text = new StringBuilder("root ::= ").append(root).append('\n');
    rules.forEach((name, body) -> text.append(name).append(" ::= ").append(body).append('\n'));
    return text.append(others).toString();
  }
}
