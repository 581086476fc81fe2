package llm.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * Samples of a flight recording, summed up.
 *
 * @param topFrames samples by the method that ran
 * @param ourFrames samples by the first method of ours below it
 * @param allocatedClasses estimated bytes by class
 * @param allocators estimated bytes by the first method of ours below the allocation
 */
record Recording(
    Map<String, Long> topFrames,
    Map<String, Long> ourFrames,
    Map<String, Long> allocatedClasses,
    Map<String, Long> allocators) {
  private static final String OURS = "llm.";
  private static final String NONE = "(none of ours)";

  /** Reads a recording. */
  static Recording read(Path file) {
    var recording =
        new Recording(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
    try (var events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        recording.add(events.readEvent());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    return recording;
  }

  private void add(RecordedEvent event) {
    switch (event.getEventType().getName()) {
      case "jdk.CPUTimeSample" -> {
        topFrames.merge(top(event), 1L, Long::sum);
        ourFrames.merge(ours(event), 1L, Long::sum);
      }
      case "jdk.ObjectAllocationSample" -> {
        long weight = event.getLong("weight");
        RecordedClass type = event.getClass("objectClass");
        allocatedClasses.merge(type.getName(), weight, Long::sum);
        allocators.merge(ours(event), weight, Long::sum);
      }
      default -> {
        // Of no meaning here.
      }
    }
  }

  private static String top(RecordedEvent event) {
    List<RecordedFrame> frames = frames(event);
    return frames.isEmpty() ? "(no stack)" : name(frames.getFirst());
  }

  private static String ours(RecordedEvent event) {
    return frames(event).stream()
        .filter(frame -> frame.getMethod().getType().getName().startsWith(OURS))
        .findFirst()
        .map(frame -> name(frame) + ":" + frame.getLineNumber())
        .orElse(NONE);
  }

  private static List<RecordedFrame> frames(RecordedEvent event) {
    RecordedStackTrace trace = event.getStackTrace();
    return trace == null ? List.of() : trace.getFrames();
  }

  private static String name(RecordedFrame frame) {
    RecordedMethod method = frame.getMethod();
    String type = method.getType().getName().replaceFirst("\\$\\$.*", ""); // a lambda's class
    return type.substring(type.lastIndexOf('.') + 1) + "." + method.getName();
  }
}
