package llm.gpu.memory;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.gpu.memory.ModelNeed.Parts;

/**
 * What llama.cpp says in its log that it allocates: {@code CPU KV buffer size = 2.50 MiB}. It says
 * so on the thread that asked for it, which is how several models are told apart. A recording
 * belongs to its thread.
 */
public final class Allocations implements AutoCloseable {
  private static final Pattern LINE =
      Pattern.compile(
          "\\S+:\\s+(\\S+)\\s+(model|KV|RS|compute|output)\\s+buffer size =\\s+(\\d+\\.\\d+) MiB");
  private static final double MEGABYTE = 1 << 20;
  private static final Map<Thread, Allocations> RECORDING = new ConcurrentHashMap<>();

  private final Thread thread = Thread.currentThread();
  private ModelNeed sum = ModelNeed.NONE;

  private Allocations() {}

  /** Records what this thread allocates from now on, until it is closed. */
  public static Allocations record() {
    var recording = new Allocations();
    RECORDING.put(recording.thread, recording);
    return recording;
  }

  /** Takes a line of the native log, on the thread that it came on. */
  public static void heard(String line) {
    Allocations recording = RECORDING.get(Thread.currentThread());
    if (recording != null) {
      recording.add(line);
    }
  }

  /** What was allocated so far, beside a pool of so many tokens. */
  public ModelNeed sum(int poolTokens) {
    return new ModelNeed(sum.host(), sum.device(), poolTokens);
  }

  @Override
  public void close() {
    RECORDING.remove(thread, this);
  }

  private void add(String line) {
    Matcher said = LINE.matcher(line);
    if (!said.lookingAt()) {
      return;
    }
    long bytes = Math.round(Double.parseDouble(said.group(3)) * MEGABYTE);
    Parts parts =
        switch (said.group(2)) {
          case "model" -> new Parts(bytes, 0, 0);
          case "KV", "RS" -> new Parts(0, bytes, 0);
          default -> new Parts(0, 0, bytes);
        };
    sum =
        sum.plus(
            isHost(said.group(1))
                ? new ModelNeed(parts, Parts.NONE, 0)
                : new ModelNeed(Parts.NONE, parts, 0));
  }

  /** Buffers of the CPU, and those of ordinary memory that a graphics processor reads. */
  private static boolean isHost(String buffer) {
    return buffer.startsWith("CPU") || buffer.endsWith("_Host") || buffer.equals("BLAS");
  }
}
