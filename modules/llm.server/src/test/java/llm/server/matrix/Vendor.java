package llm.server.matrix;

import java.util.List;
import java.util.Map;
import llm.core.testkit.Received;

/** An API as its vendor defines it: what it takes, and in which form it answers. */
interface Vendor {
  /** The path that is asked. */
  String path();

  /** The dialect in which it proves its reasoning; empty: it does not. */
  default String proves() {
    return "";
  }

  /** What is wrong with the body, by the vendor's types. */
  List<String> problems(Object body);

  /** What the body means. */
  Wish read(Object body);

  /** The answer as a whole. */
  String whole(Told told);

  /** The answer as events, each as it is on the wire, pings and comments among them. */
  List<String> events(Told told);

  /** The body of an error. */
  default String error(int status, String type, String message) {
    return Json.print(
        Json.object(
            "error", Json.object("message", message, "type", type, "param", null, "code", type)));
  }

  /** The event in which an answer that had begun fails for overload, status 529. */
  default String failure() {
    return "data: " + error(529, "overloaded_error", "The engine is overloaded") + "\n\n";
  }

  /** How it says that a prompt of 130,000 tokens is too long for 128,000; status 400. */
  default String tooLong() {
    return error(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in"
            + " 130000 tokens. Please reduce the length of the messages.");
  }

  /** What is wrong with the head of the request. */
  default List<String> headProblems(Received request) {
    boolean right = request.header("authorization").equals(java.util.Optional.of("Bearer sk-test"));
    return right ? List.of() : List.of("no key: " + request.headerLines());
  }

  /** The media type of a stream. */
  default String streamType() {
    return "text/event-stream; charset=utf-8";
  }

  /** What of a wish has another form here, or no place, as docs/dialects.md says. */
  default Wish takes(Wish wish) {
    return wish;
  }

  /** What of an answer has no place here. */
  default Told says(Told told) {
    return told;
  }

  static String event(Map<String, Object> data) {
    return "event: " + data.get("type") + "\ndata: " + Json.print(data) + "\n\n";
  }

  static String data(Object data) {
    return "data: " + Json.print(data) + "\n\n";
  }

  /** Where a text is to come in pieces of the test's own choice; it is not on the wire. */
  char SEAM = '\uE000';

  /** A text in two parts, the second one without an end, or in those it is marked with. */
  static List<String> halves(String text) {
    if (text.indexOf(SEAM) >= 0) {
      return List.of(text.split(String.valueOf(SEAM)));
    }
    int middle = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
    return List.of(text.substring(0, middle), text.substring(middle));
  }
}
