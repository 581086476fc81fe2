package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.LongAdder;

/**
 * Java functions that C calls. An exception that left one would end the process, so each catches
 * everything and answers with its harmless value: continue, or drop the line.
 */
public final class Callbacks {
  // named as the function types of C that they describe
  private static final FunctionDescriptor GGML_LOG_CALLBACK =
      FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS);
  private static final FunctionDescriptor LLAMA_PROGRESS_CALLBACK =
      FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_FLOAT, ADDRESS);
  private static final FunctionDescriptor GGML_ABORT_CALLBACK =
      FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS);

  private static final LongAdder FAILURES = new LongAdder();

  private Callbacks() {}

  /** How many exceptions were kept from leaving a callback since the process began. */
  public static long failures() {
    return FAILURES.sum();
  }

  /** {@code ggml_log_callback}: a piece of a line of the native log. Any native thread. */
  @FunctionalInterface
  public interface LogLine {
    /**
     * Takes a piece.
     *
     * @param level 0 none, 1 debug, 2 info, 3 warn, 4 error, 5 the last line goes on
     * @param text the piece, most often with its line end
     */
    void log(int level, String text);
  }

  /** {@code llama_progress_callback}. On the thread that loads. */
  @FunctionalInterface
  public interface Progress {
    /** Takes a share from 0 to 1; false ends the load. */
    boolean progress(float share);
  }

  /** {@code ggml_abort_callback}. Any native thread, many times for each token: must be cheap. */
  @FunctionalInterface
  public interface Abort {
    /** Whether the computation should end now. */
    boolean abort();
  }

  /** A C function that calls {@code target}; lives as long as {@code arena}. */
  public static MemorySegment log(LogLine target, Arena arena) {
    return stub(LogLine.class, target, "callLog", GGML_LOG_CALLBACK, arena);
  }

  /** A C function that calls {@code target}; lives as long as {@code arena}. */
  public static MemorySegment progress(Progress target, Arena arena) {
    return stub(Progress.class, target, "callProgress", LLAMA_PROGRESS_CALLBACK, arena);
  }

  /** A C function that calls {@code target}; lives as long as {@code arena}. */
  public static MemorySegment abort(Abort target, Arena arena) {
    return stub(Abort.class, target, "callAbort", GGML_ABORT_CALLBACK, arena);
  }

  private static <T> MemorySegment stub(
      Class<T> type, T target, String method, FunctionDescriptor descriptor, Arena arena) {
    MethodType signature = descriptor.toMethodType().insertParameterTypes(0, type);
    try {
      var handle = MethodHandles.lookup().findStatic(Callbacks.class, method, signature);
      return Symbols.linker().upcallStub(handle.bindTo(target), descriptor, arena);
    } catch (ReflectiveOperationException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static void callLog(LogLine target, int level, MemorySegment text, MemorySegment data) {
    try {
      target.log(level, CStrings.read(text));
    } catch (Throwable _) {
      FAILURES.increment();
    }
  }

  private static boolean callProgress(Progress target, float share, MemorySegment data) {
    try {
      return target.progress(share);
    } catch (Throwable _) {
      FAILURES.increment();
      return true;
    }
  }

  private static boolean callAbort(Abort target, MemorySegment data) {
    try {
      return target.abort();
    } catch (Throwable _) {
      FAILURES.increment();
      return false;
    }
  }
}
