package llm.core.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The reference of a configuration file, printed from what modules declare by reading:
 *
 * <pre>{@code
 * var reference = Reference.ofMain("config.yml");
 * TelemetrySettings.read(reference.root());
 * String page = Reference.markdown(List.of(reference));
 * }</pre>
 */
public final class Reference {
  private static final String INTRODUCTION =
      """
      # Configuration

      Printed from the declarations in the code; a test keeps this page and the code together.

      **Where the files are.** The first of: what `--config` names, what `LLM_CONFIG` names,
      `configs/config.yml` in the working folder, `conf/config.yml` in the installation. A name may
      be the file's or its folder's. No file is needed. The other files lie beside it.

      **Which value wins.** Highest first: command-line flag, environment, `.env`, file, built-in
      default. A variable that is blank counts as not set. Lists in a variable are separated by
      commas, names and values are written `name=value`.

      **`.env`** is the first found of: beside the configuration file, in the folder above it, in
      the working folder. A line is `NAME=value`, with or without quotes, or a `#` comment.

      **References.** A value in a file may be `${NAME}` or `${NAME:-default}`, taken from the
      environment or `.env`; `$${` is a literal `${`. A secret must be such a reference.

      **Errors.** A key that is not in this page, a key given twice and a value out of range are
      errors that name file, key and line; all of them are told at once. A variable beginning with
      `LLM_` that sets nothing is a warning.
      """;

  private final String fileName;
  private final boolean overridable;
  private final Declarations declarations = new Declarations();
  private final Section root = new ReferenceSection(declarations, "");

  private Reference(String fileName, boolean overridable) {
    this.fileName = fileName;
    this.overridable = overridable;
  }

  /** Of the file whose values flags and the environment set too. */
  public static Reference ofMain(String fileName) {
    return new Reference(fileName, true);
  }

  /** Of a file read by {@link Configuration#beside}. */
  public static Reference ofBeside(String fileName) {
    return new Reference(fileName, false);
  }

  /** Modules read it to declare their keys. */
  public Section root() {
    return root;
  }

  /** The whole page, in Markdown: how configuration works, then the tables of these files. */
  public static String markdown(List<Reference> files) {
    return INTRODUCTION
        + files.stream().map(Reference::tables).collect(Collectors.joining("", "\n", ""));
  }

  private String tables() {
    var out = new StringBuilder("## `" + fileName + "`\n");
    if (!overridable) {
      out.append("\nNo flag and no variable sets the values of this file.\n");
    }
    table("", "Top level", "", out);
    declarations
        .sections()
        .forEach(part -> table(part.path(), "`" + part.path() + "`", part.doc(), out));
    return out.append('\n').toString();
  }

  private void table(String section, String title, String doc, StringBuilder out) {
    var keys = declarations.keys().stream().filter(key -> key.section().equals(section)).toList();
    if (keys.isEmpty()) {
      return;
    }
    out.append("\n### ").append(title).append("\n\n");
    if (!doc.isEmpty()) {
      out.append(doc).append("\n\n");
    }
    String variables = overridable ? " environment |" : "";
    out.append("| key | type | default |").append(variables).append(" meaning |\n");
    out.append("|---|---|---|").append(overridable ? "---|" : "").append("---|\n");
    keys.forEach(key -> row(key, out));
  }

  private void row(Declarations.Key key, StringBuilder out) {
    var setting = key.setting();
    boolean showsDefault = key.shape() == Declarations.Shape.ONE && setting.fallback().isPresent();
    out.append("| ").append(code(setting.key()));
    out.append(" | ").append(cell(key.shape().type(setting)));
    out.append(" | ").append(showsDefault ? code(setting.fallbackText()) : "");
    if (overridable) {
      String names =
          key.environment().stream().map(Reference::code).collect(Collectors.joining(", "));
      out.append(" | ").append(names);
    }
    out.append(" | ").append(cell(setting.doc())).append(" |\n");
  }

  private static String code(String text) {
    return text.isEmpty() ? "(empty)" : "`" + cell(text) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }
}
