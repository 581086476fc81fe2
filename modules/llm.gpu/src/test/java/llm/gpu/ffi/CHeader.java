package llm.gpu.ffi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds declarations in a header that was preprocessed without attributes. It only cuts text; what
 * the pieces mean is left to the compiler, which compares the whole with its own declaration too.
 *
 * @param text output of {@code gcc -E -P}
 */
record CHeader(String text) {
  private static final Pattern LAST_WORD = Pattern.compile("(\\w+)\\s*$");
  private static final Pattern FUNCTION_POINTER = Pattern.compile("\\(\\s*\\*\\s*(\\w+)\\s*\\)");

  /**
   * A function or function type.
   *
   * @param result the type of its result
   * @param parameters each with type and name; empty for {@code (void)}
   */
  record Prototype(String result, List<String> parameters) {
    /** Copies the list. */
    Prototype {
      parameters = List.copyOf(parameters);
    }

    /** As a type of C: {@code between} is empty for a function and {@code (*)} for a pointer. */
    String type(String between) {
      return result
          + " "
          + between
          + "("
          + (parameters.isEmpty() ? "void" : String.join(", ", parameters))
          + ")";
    }
  }

  /** The function {@code name}; empty when it is not declared. */
  Optional<Prototype> function(String name) {
    return prototype(
        Pattern.compile("[;{}]\\s*((?!typedef\\b)(?:\\w+[\\s*]+)+)\\b" + name + "\\s*\\("),
        "extern|static");
  }

  /** The type {@code name} of pointers to functions; empty when it is not declared. */
  Optional<Prototype> functionType(String name) {
    return prototype(
        Pattern.compile("[;{}]\\s*(typedef[\\s\\w*]+)\\(\\s*\\*\\s*" + name + "\\s*\\)\\s*\\("),
        "typedef");
  }

  /** The names of a struct's fields in order; empty when it is not declared. */
  Optional<List<String>> fields(String tag) {
    Matcher struct = Pattern.compile("\\bstruct\\s+" + tag + "\\s*\\{").matcher(text);
    if (!struct.find()) {
      return Optional.empty();
    }
    String body = text.substring(struct.end(), closing(struct.end() - 1));
    List<String> names = new ArrayList<>();
    for (String declaration : split(body, ';')) {
      split(declaration, ',').forEach(declarator -> names.add(nameOf(declarator)));
    }
    return Optional.of(names);
  }

  /** The name in a declaration such as {@code const float * x[4]} or {@code int (*f)(int)}. */
  static String nameOf(String declaration) {
    Matcher pointer = FUNCTION_POINTER.matcher(declaration);
    Matcher word = LAST_WORD.matcher(declaration.replaceAll("\\[[^]]*]", ""));
    if (pointer.find()) {
      return pointer.group(1);
    }
    if (word.find()) {
      return word.group(1);
    }
    throw new AssertionError("no name in the declaration '" + declaration + "'");
  }

  private Optional<Prototype> prototype(Pattern beginning, String notOfTheResult) {
    Matcher found = beginning.matcher(text);
    if (!found.find()) {
      return Optional.empty();
    }
    String result = found.group(1).replaceAll("\\b(" + notOfTheResult + ")\\b", "").strip();
    String inside = text.substring(found.end(), closing(found.end() - 1)).strip();
    return Optional.of(
        new Prototype(result, inside.equals("void") ? List.of() : split(inside, ',')));
  }

  /** Where the bracket at {@code opening} is closed. */
  private int closing(int opening) {
    int depth = 0;
    for (int i = opening; i < text.length(); i++) {
      depth += depthOf(text.charAt(i));
      if (depth == 0) {
        return i;
      }
    }
    throw new AssertionError("a bracket of the header is never closed");
  }

  /** Cuts at {@code separator} outside brackets; pieces of white space alone are left out. */
  private static List<String> split(String text, char separator) {
    List<String> pieces = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean end = i == text.length();
      if (end || depth == 0 && text.charAt(i) == separator) {
        pieces.add(text.substring(from, i).replaceAll("\\s+", " ").strip());
        from = i + 1;
      } else {
        depth += depthOf(text.charAt(i));
      }
    }
    pieces.removeIf(String::isEmpty);
    return pieces;
  }

  private static int depthOf(char bracket) {
    return switch (bracket) {
      case '(', '{', '[' -> 1;
      case ')', '}', ']' -> -1;
      default -> 0;
    };
  }
}
