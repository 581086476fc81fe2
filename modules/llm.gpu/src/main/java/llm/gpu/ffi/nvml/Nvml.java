package llm.gpu.ffi.nvml;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One graphics processor by NVML. Every call may block for as long as the driver does, so it is
 * asked by a thread that nobody waits for. One thread at a time.
 *
 * @see <a href="https://docs.nvidia.com/deploy/nvml-api/">NVML API Reference</a>
 */
public final class Nvml {
  /** {@code NVML_ERROR_DRIVER_NOT_LOADED}. */
  public static final int DRIVER_NOT_LOADED = 9;

  private static final int SUCCESS = 0;
  private static final int INVALID_ARGUMENT = 2;
  private static final int INSUFFICIENT_SIZE = 7;
  private static final int NAME_BYTES = 96; // NVML_DEVICE_NAME_V2_BUFFER_SIZE
  private static final int MESSAGE_BYTES = 200;

  /** {@code nvmlMemory_t}. */
  private static final MemoryLayout MEMORY =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("total"), JAVA_LONG.withName("free"), JAVA_LONG.withName("used"));

  /** {@code nvmlUtilization_t}. */
  private static final MemoryLayout UTILIZATION =
      MemoryLayout.structLayout(JAVA_INT.withName("gpu"), JAVA_INT.withName("memory"));

  private final MethodHandle init;
  private final MethodHandle shutdown;
  private final MethodHandle errorString;
  private final MethodHandle handleByIndex;
  private final MethodHandle name;
  private final MethodHandle memoryInfo;
  private final MethodHandle utilization;
  private final Optional<MethodHandle> processes; // younger than the rest

  /**
   * What a graphics processor said.
   *
   * @param busyPercent how much of the last moment it computed; empty where it does not tell
   * @param processes how many compute on it; likewise
   */
  public record Reading(
      String name,
      long totalBytes,
      long freeBytes,
      long usedBytes,
      OptionalInt busyPercent,
      OptionalInt processes) {}

  private Nvml(SymbolLookup lookup) {
    this.init = handle(lookup, "nvmlInit_v2", FunctionDescriptor.of(JAVA_INT));
    this.shutdown = handle(lookup, "nvmlShutdown", FunctionDescriptor.of(JAVA_INT));
    this.errorString = handle(lookup, "nvmlErrorString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    this.handleByIndex =
        handle(
            lookup,
            "nvmlDeviceGetHandleByIndex_v2",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    this.name =
        handle(
            lookup,
            "nvmlDeviceGetName",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    this.memoryInfo =
        handle(
            lookup, "nvmlDeviceGetMemoryInfo", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    this.utilization =
        handle(
            lookup,
            "nvmlDeviceGetUtilizationRates",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    this.processes =
        lookup
            .find("nvmlDeviceGetComputeRunningProcesses_v3")
            .map(symbol ->
                Linker.nativeLinker()
                    .downcallHandle(
                        symbol, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS)));
  }

  /**
   * Opens the library and initialises it.
   *
   * @param library its file, or its name where the system finds it
   * @throws NvmlException when it is not there, or there is no driver ({@link #DRIVER_NOT_LOADED})
   */
  public static Nvml open(String library) throws NvmlException {
    Nvml nvml;
    try {
      nvml = new Nvml(SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (IllegalArgumentException absent) {
      throw new NvmlException("The library " + library + " is not there.", absent);
    } catch (NoSuchElementException other) {
      throw new NvmlException("The library " + library + " is not NVML of today.", other);
    } catch (IllegalCallerException denied) {
      throw new NvmlException("Native access is denied to module llm.gpu.", denied);
    }
    nvml.initialise();
    return nvml;
  }

  /** {@code nvmlInit_v2}: once, and again after the driver was lost. */
  public void initialise() throws NvmlException {
    try {
      require("nvmlInit_v2", (int) init.invokeExact());
    } catch (Throwable thrown) {
      throw passed(thrown);
    }
  }

  /** {@code nvmlShutdown}; its answer does not matter. */
  public int shutdown() {
    try {
      return (int) shutdown.invokeExact();
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable thrown) {
      throw new AssertionError("nvmlShutdown", thrown);
    }
  }

  /**
   * How the graphics processor is.
   *
   * @param index which one, from 0
   * @throws NvmlException when it does not tell
   */
  public Reading read(int index) throws NvmlException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pointer = arena.allocate(ADDRESS);
      int found = (int) handleByIndex.invokeExact(index, pointer);
      if (found == INVALID_ARGUMENT) {
        throw new NvmlException(found, "There is no graphics processor " + index + ".");
      }
      require("nvmlDeviceGetHandleByIndex_v2", found);
      MemorySegment device = pointer.get(ADDRESS, 0);
      MemorySegment text = arena.allocate(NAME_BYTES);
      require("nvmlDeviceGetName", (int) name.invokeExact(device, text, NAME_BYTES - 1));
      MemorySegment memory = arena.allocate(MEMORY);
      require("nvmlDeviceGetMemoryInfo", (int) memoryInfo.invokeExact(device, memory));
      return new Reading(
          text.getString(0),
          memory.get(JAVA_LONG, 0),
          memory.get(JAVA_LONG, 8),
          memory.get(JAVA_LONG, 16),
          busy(device, arena),
          processes(device, arena));
    } catch (Throwable thrown) {
      throw passed(thrown);
    }
  }

  private OptionalInt busy(MemorySegment device, Arena arena) throws Throwable {
    MemorySegment rates = arena.allocate(UTILIZATION);
    int code = (int) utilization.invokeExact(device, rates);
    return code == SUCCESS ? OptionalInt.of(rates.get(JAVA_INT, 0)) : OptionalInt.empty();
  }

  /** Asks for no list but its length. */
  private OptionalInt processes(MemorySegment device, Arena arena) throws Throwable {
    if (processes.isEmpty()) {
      return OptionalInt.empty();
    }
    MemorySegment count = arena.allocate(JAVA_INT);
    int code = (int) processes.get().invokeExact(device, count, MemorySegment.NULL);
    return code == SUCCESS || code == INSUFFICIENT_SIZE
        ? OptionalInt.of(count.get(JAVA_INT, 0))
        : OptionalInt.empty();
  }

  private void require(String function, int code) throws Throwable {
    if (code != SUCCESS) {
      MemorySegment text = (MemorySegment) errorString.invokeExact(code);
      String said = text.address() == 0 ? "?" : text.reinterpret(MESSAGE_BYTES).getString(0);
      throw new NvmlException(code, function + " answers " + code + " (" + said + ").");
    }
  }

  private static NvmlException passed(Throwable thrown) {
    switch (thrown) {
      case NvmlException refused -> {
        return refused;
      }
      case RuntimeException wrongUse -> throw wrongUse;
      case Error error -> throw error;
      default -> throw new AssertionError("a call of NVML", thrown);
    }
  }

  private static MethodHandle handle(
      SymbolLookup lookup, String symbol, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(lookup.findOrThrow(symbol), descriptor);
  }
}
