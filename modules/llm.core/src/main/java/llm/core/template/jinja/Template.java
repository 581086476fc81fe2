package llm.core.template.jinja;

import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import llm.core.template.value.Meter;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;

/** A template that was read. Immutable; any thread. */
public final class Template {
  /** Characters of the longest template that is read. */
  public static final int MAX_CHARACTERS = 1 << 20;

  private final List<Node> nodes;

  private Template(List<Node> nodes) {
    this.nodes = nodes;
  }

  /**
   * Reads {@code text}.
   *
   * @throws TemplateException when it has what is not known here, with the line
   */
  public static Template parse(String text) throws TemplateException {
    if (text.length() > MAX_CHARACTERS) {
      throw TemplateException.at(1, "it has more than " + MAX_CHARACTERS + " characters");
    }
    return new Template(Parser.parse(text));
  }

  /**
   * Renders it; bounded in steps, depth and text.
   *
   * @param values by name
   * @param meter a new one: what it may use up
   * @param now what {@code strftime_now} tells
   * @throws TemplateException when these values do not go with it
   */
  public Text render(Map<String, Value> values, Meter meter, ZonedDateTime now)
      throws TemplateException {
    Scope globals = Scope.of(Globals.at(now));
    values.forEach(globals::set);
    var out = new TextBuilder();
    new Interpreter(meter).run(nodes, globals.inner(), out);
    return out.toText();
  }
}
