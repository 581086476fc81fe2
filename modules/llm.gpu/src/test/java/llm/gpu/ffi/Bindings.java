package llm.gpu.ffi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the package declares about C, in the words that a C compiler's answer has too.
 *
 * @param functions by symbol or name of a function type: its signature
 * @param structs by tag: its layout
 * @param constants by C name: an {@code Integer} or {@code Long}
 */
record Bindings(
    Map<String, FunctionDescriptor> functions,
    Map<String, StructLayout> structs,
    Map<String, Number> constants) {

  /** Sorted, so that differences are told in one order. */
  Bindings {
    functions = new TreeMap<>(functions);
    structs = new TreeMap<>(structs);
    constants = new TreeMap<>(constants);
  }

  /**
   * All that the package declares, found by reflection:
   *
   * <ul>
   *   <li>{@link Function}, whole;
   *   <li>static {@code FunctionDescriptor}s, named as the C function or function type;
   *   <li>static struct layouts, whose tag is the layout's name, else made of the class's: {@code
   *       ModelParams} and {@code BatchStruct} are {@code llama_model_params} and {@code
   *       llama_batch};
   *   <li>static {@code int}s and {@code long}s called {@code LLAMA_…} or {@code GGML_…}.
   * </ul>
   */
  static Bindings declared() {
    var bindings = new Bindings(Map.of(), Map.of(), Map.of());
    for (Function function : Function.values()) {
      bindings.functions.put(function.symbol(), function.descriptor());
    }
    for (Class<?> type : classes()) {
      for (Field field : type.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())) {
          bindings.take(type, field);
        }
      }
    }
    return bindings;
  }

  /** By what it is about, each fact: {@code llama_decode argument 2} is {@code struct …}. */
  Map<String, String> facts() {
    Map<String, String> facts = new TreeMap<>();
    functions.forEach((name, descriptor) -> {
      facts.put(name + " result", descriptor.returnLayout().map(this::describe).orElse("nothing"));
      List<MemoryLayout> arguments = descriptor.argumentLayouts();
      for (int i = 0; i < arguments.size(); i++) {
        facts.put(name + " argument " + (i + 1), describe(arguments.get(i)));
      }
    });
    structs.forEach((tag, layout) -> {
      facts.put(tag + " size", layout.byteSize() + " bytes");
      long offset = 0;
      for (MemoryLayout member : layout.memberLayouts()) {
        if (!(member instanceof PaddingLayout)) {
          String name = member.name().orElse("(a field without a name)");
          facts.put(tag + "." + name, describe(member) + " at " + offset);
        }
        offset += member.byteSize();
      }
    });
    constants.forEach((name, value) -> facts.put(name + " value", value.toString()));
    return facts;
  }

  private String describe(MemoryLayout layout) {
    String kind =
        switch (layout) {
          case AddressLayout _ -> "pointer";
          case ValueLayout.OfBoolean _ -> "bool";
          case ValueLayout.OfFloat _, ValueLayout.OfDouble _ -> "real";
          case ValueLayout _ -> "integer";
          case StructLayout struct -> "struct " + tagOf(struct);
          default -> layout.toString();
        };
    return kind + ", " + layout.byteSize() + " bytes";
  }

  private String tagOf(StructLayout layout) {
    return structs.entrySet().stream()
        .filter(entry -> entry.getValue().equals(layout))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("(not declared)");
  }

  private void take(Class<?> owner, Field field) {
    String name = field.getName().toLowerCase(Locale.ROOT);
    Class<?> type = field.getType();
    if (type == FunctionDescriptor.class) {
      functions.put(name, (FunctionDescriptor) value(field));
    } else if (GroupLayout.class.isAssignableFrom(type)) {
      StructLayout layout = (StructLayout) value(field);
      structs.put(layout.name().orElseGet(() -> tagFor(owner)), layout);
    } else if ((type == int.class || type == long.class) && name.matches("(llama|ggml)_.*")) {
      constants.put(field.getName(), (Number) value(field));
    }
  }

  private static String tagFor(Class<?> owner) {
    String words = owner.getSimpleName().replaceFirst("Struct$", "");
    return "llama" + words.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static Object value(Field field) {
    try {
      field.setAccessible(true);
      return field.get(null);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** The package's own classes, not initialised: some of them want a library first. */
  private static List<Class<?>> classes() {
    try {
      var code = Function.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      Path folder = Path.of(code).resolve("llm/gpu/ffi");
      try (Stream<Path> files = Files.list(folder)) {
        return files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(".class") && !name.startsWith("package-info"))
            .<Class<?>>map(Bindings::byFileName)
            .toList();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (java.net.URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static Class<?> byFileName(String file) {
    String name = Bindings.class.getPackageName() + "." + file.substring(0, file.length() - 6);
    try {
      return Class.forName(name, false, Bindings.class.getClassLoader());
    } catch (ClassNotFoundException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
