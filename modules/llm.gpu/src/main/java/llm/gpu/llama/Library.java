package llm.gpu.llama;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.gpu.ffi.Backends;
import llm.gpu.ffi.Callbacks;
import llm.gpu.ffi.Constants;
import llm.gpu.ffi.Probe;
import llm.gpu.ffi.Symbols;
import llm.gpu.memory.Allocations;

/**
 * The native library, loaded and checked. There is one in a process: C keeps its log, backends and
 * type tables in globals. It is never unloaded.
 *
 * @param folder where it came from
 * @param version what it calls itself
 * @param devices what it computes on, name and description; at least one
 * @param variant which of the CPU backends was chosen for this machine; empty when not known
 * @param features what {@code llama_print_system_info} says
 */
public record Library(
    Path folder, String version, List<String> devices, Optional<String> variant, String features) {

  /** The release whose structs and functions are bound. */
  public static final String VERSION = "0.5.0";

  private static final Pattern CPU_VARIANT = Pattern.compile("libggml-cpu-(\\w+)\\.(?:so|dylib)");
  private static final String NO_ROOM = "failed to find a memory slot"; // Outcome.NO_ROOM tells it
  private static final String REMEDY = LibraryCheck.REMEDY;

  private static Library loaded; // guarded by the class
  private static String unusable; // why the bound one cannot be used, or null; guarded likewise
  private static volatile NativeLog log = NativeLog.SILENT;
  private static volatile NativeLog.Severity lastSeverity; // what a continued line belongs to

  /** Copies the list. */
  public Library {
    devices = List.copyOf(devices);
  }

  /**
   * Loads the library that lies in {@code folder}, or returns it when it is loaded already.
   *
   * <p>Order, as llama.cpp needs it: no back-traces on failure, log, backends, initialisation.
   *
   * @param newLog takes the native log of the whole process from now on
   * @throws LlamaException when there is none, it is another release or no library at all, or one
   *     from another folder is loaded
   */
  public static synchronized Library load(Path folder, NativeLog newLog) throws LlamaException {
    Path file =
        LibraryFolder.libraryIn(folder)
            .orElseThrow(
                () -> new LlamaException("There is no libllama in " + folder + "." + REMEDY));
    Path real = realFolder(file);
    if (loaded != null && !loaded.folder().equals(real)) {
      throw new LlamaException(
          "The llama.cpp library of "
              + loaded.folder()
              + " is loaded already and a process can have only one; restart it to use "
              + real
              + ".");
    }
    if (unusable != null) {
      throw new LlamaException(unusable); // it cannot be unloaded, and no other takes its place
    }
    if (loaded == null) {
      bind(file);
      loaded = started(real, newLog);
    }
    log = newLog;
    return loaded;
  }

  /** How many of the devices are graphics processors, with memory of their own or not. */
  public int gpus() {
    int count = 0;
    for (long i = 0; i < Backends.deviceCount(); i++) {
      int type = Backends.deviceType(i);
      count +=
          type == Constants.GGML_BACKEND_DEVICE_TYPE_GPU
                  || type == Constants.GGML_BACKEND_DEVICE_TYPE_IGPU
              ? 1
              : 0;
    }
    return count;
  }

  private static Path realFolder(Path file) throws LlamaException {
    try {
      return file.toRealPath().getParent();
    } catch (IOException failure) {
      throw new LlamaException("The file " + file + " cannot be read." + REMEDY, failure);
    }
  }

  /** Opens and checks; what fails a check is closed again, so that a right one can follow. */
  private static void bind(Path file) throws LlamaException {
    Arena arena = Arena.ofShared();
    boolean kept = false;
    try {
      Probe.setEnvironment("GGML_NO_BACKTRACE", "1");
      SymbolLookup lookup = Symbols.open(file, arena);
      LibraryCheck.check(file, lookup);
      Symbols.bind(lookup);
      kept = true;
    } catch (IllegalArgumentException noLibrary) {
      throw new LlamaException(
          "The file " + file + " is no library this machine can load." + REMEDY, noLibrary);
    } catch (IllegalCallerException denied) {
      throw new LlamaException(
          "Native access is denied to module llm.gpu; start java with --enable-native-access=llm.gpu.",
          denied);
    } finally {
      if (!kept) {
        arena.close();
      }
    }
  }

  private static Library started(Path folder, NativeLog firstLog) throws LlamaException {
    try {
      return start(folder, firstLog);
    } catch (LlamaException failure) {
      unusable = failure.getMessage() + " Then restart the server.";
      throw failure;
    }
  }

  private static Library start(Path folder, NativeLog firstLog) throws LlamaException {
    log = firstLog;
    Backends.logTo(Callbacks.log(Library::relay, Arena.global()));
    try (Arena arena = Arena.ofConfined()) {
      Backends.loadBackends(arena.allocateFrom(folder.toString()));
    }
    Backends.init();
    List<String> devices = new ArrayList<>();
    for (long i = 0; i < Backends.deviceCount(); i++) {
      devices.add(Backends.deviceName(i) + " (" + Backends.deviceDescription(i).strip() + ")");
    }
    if (devices.isEmpty()) {
      throw new LlamaException(
          "No backend of llama.cpp in " + folder + " fits this machine." + REMEDY);
    }
    String features = Backends.systemInfo().strip();
    return new Library(folder, Backends.version(), devices, mappedVariant(), features);
  }

  /** Relays warnings and errors; a continuation belongs to the line before. */
  private static void relay(int level, String text) {
    if (level == Constants.GGML_LOG_LEVEL_INFO) {
      Allocations.heard(text);
    }
    if (level != Constants.GGML_LOG_LEVEL_CONT) {
      lastSeverity =
          switch (level) {
            case Constants.GGML_LOG_LEVEL_WARN -> NativeLog.Severity.WARN;
            case Constants.GGML_LOG_LEVEL_ERROR -> NativeLog.Severity.ERROR;
            default -> null;
          };
    }
    NativeLog.Severity severity = lastSeverity;
    String line = text.strip();
    if (severity != null && !line.isEmpty() && !line.contains(NO_ROOM)) {
      log.line(severity, line);
    }
  }

  /** The chosen CPU backend by the name of its file, as Linux lists it among the mapped ones. */
  private static Optional<String> mappedVariant() {
    Path maps = Path.of("/proc/self/maps");
    if (!Files.isReadable(maps)) {
      return Optional.empty();
    }
    try (var lines = Files.lines(maps)) {
      return lines
          .map(CPU_VARIANT::matcher)
          .filter(Matcher::find)
          .map(match -> match.group(1))
          .findFirst();
    } catch (IOException | java.io.UncheckedIOException unreadable) {
      return Optional.empty(); // only a detail of the health report
    }
  }
}
