package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The library as a whole, and the devices it computes on. */
public final class Backends {
  private static final MethodHandle VERSION = Symbols.handle(Function.LLAMA_VERSION);
  private static final MethodHandle LOG_SET = Symbols.handle(Function.LLAMA_LOG_SET);
  private static final MethodHandle LOAD_ALL =
      Symbols.handle(Function.GGML_BACKEND_LOAD_ALL_FROM_PATH);
  private static final MethodHandle INIT = Symbols.handle(Function.LLAMA_BACKEND_INIT);
  private static final MethodHandle SYSTEM_INFO = Symbols.handle(Function.LLAMA_PRINT_SYSTEM_INFO);
  private static final MethodHandle DEV_COUNT = Symbols.handle(Function.GGML_BACKEND_DEV_COUNT);
  private static final MethodHandle DEV_GET = Symbols.handle(Function.GGML_BACKEND_DEV_GET);
  private static final MethodHandle DEV_NAME = Symbols.handle(Function.GGML_BACKEND_DEV_NAME);
  private static final MethodHandle DEV_DESCRIPTION =
      Symbols.handle(Function.GGML_BACKEND_DEV_DESCRIPTION);
  private static final MethodHandle DEV_TYPE = Symbols.handle(Function.GGML_BACKEND_DEV_TYPE);

  private Backends() {}

  /** {@code llama_version}: the release, as {@code 0.5.0-dev}. */
  public static String version() {
    return CStrings.read(versionPointer());
  }

  /** {@code llama_log_set}: sends the log of the whole process to {@code callback}. */
  public static void logTo(MemorySegment callback) {
    try {
      LOG_SET.invokeExact(callback, MemorySegment.NULL);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_LOG_SET, thrown);
    }
  }

  /** {@code ggml_backend_load_all_from_path}: loads the backends that lie in {@code folder}. */
  public static void loadBackends(MemorySegment folder) {
    try {
      LOAD_ALL.invokeExact(folder);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_LOAD_ALL_FROM_PATH, thrown);
    }
  }

  /** {@code llama_backend_init}, once. */
  public static void init() {
    try {
      INIT.invokeExact();
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_BACKEND_INIT, thrown);
    }
  }

  /** {@code llama_print_system_info}: the features of the CPU that are used. */
  public static String systemInfo() {
    return CStrings.read(systemInfoPointer());
  }

  /** {@code ggml_backend_dev_count}: devices that compute; 0 when no backend was loaded. */
  public static long deviceCount() {
    try {
      return (long) DEV_COUNT.invokeExact();
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_DEV_COUNT, thrown);
    }
  }

  /** {@code ggml_backend_dev_name} of device {@code index}. */
  public static String deviceName(long index) {
    return CStrings.read(namePointer(device(index)));
  }

  /** {@code ggml_backend_dev_type} of device {@code index}. */
  public static int deviceType(long index) {
    try {
      return (int) DEV_TYPE.invokeExact(device(index));
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_DEV_TYPE, thrown);
    }
  }

  /** {@code ggml_backend_dev_description} of device {@code index}. */
  public static String deviceDescription(long index) {
    return CStrings.read(descriptionPointer(device(index)));
  }

  private static MemorySegment versionPointer() {
    try {
      return (MemorySegment) VERSION.invokeExact();
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_VERSION, thrown);
    }
  }

  private static MemorySegment systemInfoPointer() {
    try {
      return (MemorySegment) SYSTEM_INFO.invokeExact();
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_PRINT_SYSTEM_INFO, thrown);
    }
  }

  private static MemorySegment device(long index) {
    try {
      return (MemorySegment) DEV_GET.invokeExact(index);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_DEV_GET, thrown);
    }
  }

  private static MemorySegment namePointer(MemorySegment device) {
    try {
      return (MemorySegment) DEV_NAME.invokeExact(device);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_DEV_NAME, thrown);
    }
  }

  private static MemorySegment descriptionPointer(MemorySegment device) {
    try {
      return (MemorySegment) DEV_DESCRIPTION.invokeExact(device);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.GGML_BACKEND_DEV_DESCRIPTION, thrown);
    }
  }
}
