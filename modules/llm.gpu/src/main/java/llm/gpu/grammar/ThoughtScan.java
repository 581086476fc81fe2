package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Finds the end of reasoning: marks that follow each other with anything between. Bytes are
 * characters of Latin-1 here, so that tokens may cut the text anywhere. Immutable.
 *
 * @param marks those to be found yet
 * @param tail the last bytes, as many as may begin a mark
 * @param rest what stands behind the last mark, once all are found
 */
record ThoughtScan(List<String> marks, String tail, String rest) {
  /** Nothing read yet. */
  static ThoughtScan of(List<String> marks) {
    return new ThoughtScan(
        marks.stream().map(mark -> latin(mark.getBytes(StandardCharsets.UTF_8))).toList(), "", "");
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Whether the reasoning is over. */
  boolean isOver() {
    return marks.isEmpty();
  }

  /** The bytes behind the last mark. */
  byte[] restBytes() {
    return rest.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The same with more text. */
  ThoughtScan with(byte[] bytes) {
    String text = tail + latin(bytes);
    for (int found = 0; found < marks.size(); found++) {
      String mark = marks.get(found);
      int at = text.indexOf(mark);
      if (at < 0) {
        String kept = text.substring(Math.max(0, text.length() - mark.length() + 1));
        return new ThoughtScan(marks.subList(found, marks.size()), kept, "");
      }
      text = text.substring(at + mark.length());
    }
    return new ThoughtScan(List.of(), "", text);
  }
}
