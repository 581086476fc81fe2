package llm.gpu.ffi;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import llm.gpu.ffi.CHeader.Prototype;
import llm.gpu.testmodel.CCompiler;

/**
 * Asks a C compiler about everything that {@link Bindings} declare: a program is generated that
 * prints kind and size of each argument, result and field of the header's own declarations.
 */
final class CProbe {
  private static final List<String> HEADERS =
      List.of(
          "stdbool.h",
          "stddef.h",
          "stdint.h",
          "stdio.h",
          "stdlib.h",
          "llama.h",
          "ggml.h",
          "ggml-backend.h",
          "ggml-cpu.h",
          "gguf.h");
  private static final String INCLUDES =
      String.join("", HEADERS.stream().map(name -> "#include <" + name + ">\n").toList());

  /** What a value is. An enum is an integer to the ABI; the numbers are gcc's type classes. */
  private static final String KINDS =
      """
      #define KIND(v) \\
        (__builtin_types_compatible_p(__typeof__(v), _Bool) ? "bool" \\
        : __builtin_classify_type(v) == 1 ? "integer" \\
        : __builtin_classify_type(v) == 5 ? "pointer" \\
        : __builtin_classify_type(v) == 8 ? "real" \\
        : TAG(v))
      #define VALUE(about, v) printf(about "\\t%s, %zu bytes\\n", KIND(v), sizeof(v))
      #define FIELD(tag, f) { struct tag s; printf(#tag "." #f "\\t%s, %zu bytes at %zu\\n", \\
        KIND(s.f), sizeof(s.f), offsetof(struct tag, f)); }
      """;

  private final CCompiler compiler;
  private final Path include;
  private final Path folder;
  private final CHeader header;

  /** A probe of the headers in {@code include}; {@code folder} takes its files. */
  CProbe(CCompiler compiler, Path include, Path folder) {
    this.compiler = compiler;
    this.include = include;
    this.folder = folder;
    this.header =
        new CHeader(
            compiler.run(
                folder,
                "-E",
                "-P",
                "-D__attribute__(x)=",
                "-D__extension__=",
                "-I",
                include.toString(),
                headersAlone().toString()));
  }

  /** Each fact in which bindings and header differ, as a sentence; empty when they agree. */
  List<String> differences(Bindings bindings) {
    Map<String, String> declared = bindings.facts();
    Map<String, String> actual = ask(bindings);
    Set<String> about = new LinkedHashSet<>(declared.keySet());
    about.addAll(actual.keySet());
    List<String> differences = new ArrayList<>();
    for (String fact : about) {
      String here = declared.getOrDefault(fact, "left out");
      String there = actual.getOrDefault(fact, "not there");
      if (!here.equals(there)) {
        differences.add(fact + ": " + here + " in llm.gpu.ffi, " + there + " in the header");
      }
    }
    return differences;
  }

  private Path headersAlone() {
    try {
      return java.nio.file.Files.writeString(folder.resolve("headers.c"), INCLUDES);
    } catch (java.io.IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }

  private Map<String, String> ask(Bindings bindings) {
    Map<String, String> facts = new TreeMap<>();
    compiler
        .compileAndRun(
            folder, "probe", program(bindings), "-std=gnu11", "-Werror", "-I", include.toString())
        .lines()
        .map(line -> line.split("\t", 2))
        .forEach(pair -> facts.put(pair[0], pair[1]));
    return facts;
  }

  private String program(Bindings bindings) {
    var program = new StringBuilder(INCLUDES).append(tags(bindings.structs().keySet()));
    program.append(KINDS).append("int main(void) {\n");
    bindings.functions().keySet().forEach(name -> appendFunction(program, name));
    bindings.structs().keySet().forEach(tag -> appendStruct(program, tag));
    bindings
        .constants()
        .forEach((name, value) ->
            program.append(
                "  printf(\"%1$s value\\t%%lld\\n\", (long long) (%2$s) (%1$s));\n"
                    .formatted(name, value instanceof Long ? "int64_t" : "int32_t")));
    return program.append("  return 0;\n}\n").toString();
  }

  /** Which of the known structs a value is. */
  private static String tags(Set<String> structs) {
    var macro = new StringBuilder("#define TAG(v) (");
    for (String tag : structs) {
      macro.append(
          "__builtin_types_compatible_p(__typeof__(v), struct %1$s) ? \"struct %1$s\" : "
              .formatted(tag));
    }
    return macro.append("\"another type\")\n").toString();
  }

  private void appendFunction(StringBuilder program, String name) {
    var function = header.function(name);
    var found = function.or(() -> header.functionType(name));
    if (found.isEmpty()) {
      return; // told by the absence of its facts
    }
    Prototype prototype = found.get();
    String type = prototype.type(function.isPresent() ? "" : "(*)");
    program.append(
        "  _Static_assert(__builtin_types_compatible_p(__typeof__(%1$s), %2$s), \"%1$s\");\n"
            .formatted(name, type));
    if (prototype.result().equals("void")) {
      program.append("  puts(\"%s result\\tnothing\");\n".formatted(name));
    } else {
      appendValue(program, name + " result", prototype.result() + " result", "result");
    }
    for (int i = 0; i < prototype.parameters().size(); i++) {
      String parameter = prototype.parameters().get(i);
      String about = name + " argument " + (i + 1);
      if (parameter.equals("...")) {
        program.append("  puts(\"%s\\tany number of values\");\n".formatted(about));
      } else {
        appendValue(program, about, parameter, CHeader.nameOf(parameter));
      }
    }
  }

  /** A variable of the type in a scope of its own, so that names cannot clash. */
  private static void appendValue(
      StringBuilder program, String about, String declaration, String name) {
    program.append("  { %s; VALUE(\"%s\", %s); }\n".formatted(declaration, about, name));
  }

  private void appendStruct(StringBuilder program, String tag) {
    header
        .fields(tag)
        .ifPresent(fields -> {
          program.append(
              "  printf(\"%1$s size\\t%%zu bytes\\n\", sizeof(struct %1$s));\n".formatted(tag));
          fields.forEach(field -> program.append("  FIELD(%s, %s)\n".formatted(tag, field)));
        });
  }
}
