package llm.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.bench.load.Load;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;

/**
 * How many bytes a JVM allocates while something runs: between two full collections its GC log
 * tells the heap before and after each collection, and what it grew from one to the next was
 * allocated. Works on every JVM without a flag at its start, virtual threads included; the log
 * counts in MiB, so the window must allocate many of them.
 */
final class Allocation {
  private static final Pattern HEAP = Pattern.compile("(\\d+)M(?:\\(\\d+%\\))?->(\\d+)M");

  private final long pid;
  private final Path log;

  /** For the JVM {@code server}; its GC log goes to {@code log}. */
  Allocation(Child server, Path log) {
    this.pid = server.pid();
    this.log = log;
  }

  /** Bytes that the JVM allocated while {@code work} ran. */
  long bytesWhile(Runnable work) {
    jcmd("VM.log", "output=" + log, "what=gc=info");
    jcmd("GC.run");
    work.run();
    jcmd("GC.run");
    jcmd("VM.log", "output=" + log, "what=all=off");
    return sum();
  }

  /** Bytes a token, over about {@code window} of a load. */
  double bytesPerToken(Runner runner, java.time.Duration window) {
    long tokens = runner.load().counts().tokens();
    long bytes =
        bytesWhile(() -> {
          runner.load().resume();
          Runner.sleep(window);
          runner.load().pause();
          runner.check();
        });
    Load.Counts counts = runner.load().counts();
    return (double) bytes / (counts.tokens() - tokens);
  }

  private long sum() {
    long mebibytes = 0;
    long after = -1;
    try {
      for (String line : Files.readAllLines(log)) {
        Matcher heap = HEAP.matcher(line);
        if (heap.find()) {
          mebibytes += after < 0 ? 0 : Math.max(0, Long.parseLong(heap.group(1)) - after);
          after = Long.parseLong(heap.group(2));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
    if (after < 0) {
      throw new BenchFailure("the server's GC log " + log + " tells no heap sizes");
    }
    return mebibytes << 20;
  }

  private void jcmd(String... command) {
    Jcmd.run(pid, command);
  }
}
