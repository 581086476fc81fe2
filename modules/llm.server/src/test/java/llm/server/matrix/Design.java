package llm.server.matrix;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What docs/dialects.md and docs/providers.md say is refused, and what is named as lost. */
final class Design {
  private static final String MARK = "<!-- matrix -->\n";

  static final List<String> BACKS =
      List.of("openai", "responses", "anthropic", "plain", "vllm", "deepseek", "events", "lines");

  private Design() {}

  /** Whether the dialect has words for the feature at all. */
  static boolean canAsk(String front, Feature feature) {
    return switch (front) {
      case "completions" ->
          List.of("text", "stop sequence", "length", "filter", "usage with caches")
              .contains(feature.name());
      case "responses" -> !feature.name().equals("stop sequence");
      default -> true;
    };
  }

  /** What the refusal says, where there is one: the path as the dialect has it. */
  static Optional<String> refusal(String front, Back back, Feature feature) {
    boolean messages = front.equals("messages");
    if (back.vendor instanceof ResponsesVendor && !feature.wish().stop().isEmpty()) {
      return Optional.of(messages ? "stop_sequences" : "stop");
    }
    if (!(back.vendor instanceof CustomVendor)) {
      return Optional.empty();
    }
    if (!feature.wish().tools().isEmpty()) {
      return Optional.of("tools");
    }
    if (feature.hasPicture()) {
      return Optional.of("messages[1].content");
    }
    if (feature.wish().effort().isPresent()) {
      return Optional.of(messages ? "thinking" : "reasoning_effort");
    }
    return Optional.empty();
  }

  /** The names in {@code x-llm-lost}. */
  static List<String> lost(String front, Back back, Feature feature) {
    boolean unsigned = front.equals("chat") || front.equals("llm");
    boolean proves = !back.vendor.proves().isEmpty();
    var names = new ArrayList<String>();
    if (front.equals("messages")
        && feature.hasFailed()
        && !(back.vendor instanceof AnthropicVendor)) {
      names.add("messages[].content[].is_error");
    }
    if (feature.isSecondTurn() && unsigned == proves) {
      names.add(unsigned ? "messages[].reasoning_content" : "messages[].reasoning.signature");
    }
    boolean takesNone = List.of("openai", "plain").contains(back.name);
    if (feature.isSecondTurn() && takesNone) {
      names.add("messages[].reasoning_content");
    }
    return names;
  }

  /** What the mock refuses: the path as the dialect has it. */
  static Optional<String> mockRefusal(String front, Feature feature) {
    boolean messages = front.equals("messages");
    if (feature.hasPicture()) {
      return Optional.of("content");
    }
    if (feature.wish().schema().isPresent()) {
      return Optional.of(messages ? "output_config.format" : "response_format");
    }
    if (feature.wish().effort().isPresent()) {
      return Optional.of(messages ? "thinking" : "reasoning_effort");
    }
    return Optional.empty();
  }

  /** The section of docs/dialects.md between two marks. */
  static String table(List<Back> backs) {
    var table = new StringBuilder(MARK);
    table.append("| |");
    backs.forEach(back -> table.append(" ").append(back.title).append(" |"));
    table.append(" `mock` |\n|---|").append("---|".repeat(backs.size() + 1)).append("\n");
    for (Feature feature : Feature.ALL.values()) {
      table.append("| ").append(feature.name()).append(" |");
      for (Back back : backs) {
        table.append(" ").append(told(back, feature)).append(" |");
      }
      String mock = mockRefusal("chat", feature).isPresent() ? "refused" : "yes";
      table.append(" ").append(mock).append(" |\n");
    }
    return table.append(MARK).toString();
  }

  private static String told(Back back, Feature feature) {
    Optional<String> path = refusal("chat", back, feature);
    if (path.isPresent()) {
      return "refused (`" + path.get().replaceAll("\\d+", "") + "`)";
    }
    var named = new TreeMap<String, List<String>>();
    for (String front : Lab.FRONTS.keySet()) {
      if (canAsk(front, feature)) {
        for (String name : lost(front, back, feature)) {
          named.computeIfAbsent(name, _ -> new ArrayList<>()).add(front);
        }
      }
    }
    var text = new StringBuilder("yes");
    named.forEach((name, fronts) ->
        text.append("; from ")
            .append(String.join(", ", fronts))
            .append(" without `")
            .append(name.substring(name.indexOf('.') + 1).replace("content[].", ""))
            .append("`, named"));
    return text.toString();
  }

  /** What goes wrong, and what the upstream's status is. */
  enum Fault {
    BAD_REQUEST(400),
    OUR_KEY(401),
    NOT_FOUND(404),
    RATE_LIMIT(429),
    BROKEN(500),
    OVERLOADED(529),
    TOO_LONG(400),
    CUT(0),
    RESET(0),
    SAID_IN_ANSWER(0);

    final int upstream;

    Fault(int upstream) {
      this.upstream = upstream;
    }

    /** Whether it is told before an answer begins. */
    boolean isRefusal() {
      return upstream > 0;
    }

    /** The status that a client sees. */
    int status(String front) {
      return switch (this) {
        case OUR_KEY, BROKEN, CUT, RESET, SAID_IN_ANSWER -> 502;
        case OVERLOADED -> front.equals("messages") ? 529 : 503;
        default -> upstream;
      };
    }

    /** What the client's dialect calls it. */
    String type(String front, Back back) {
      boolean knows = this == SAID_IN_ANSWER && back.vendor instanceof AnthropicVendor;
      return switch (front) {
        case "messages" ->
            switch (this) {
              case BAD_REQUEST, TOO_LONG -> "invalid_request_error";
              case NOT_FOUND -> "not_found_error";
              case RATE_LIMIT -> "rate_limit_error";
              case OVERLOADED -> "overloaded_error";
              case SAID_IN_ANSWER -> knows ? "overloaded_error" : "api_error";
              default -> "api_error";
            };
        case "llm" ->
            switch (this) {
              case TOO_LONG -> "context_length_exceeded";
              case CUT, RESET, SAID_IN_ANSWER -> "provider_";
              default -> "provider_refused";
            };
        default ->
            switch (this) {
              case BAD_REQUEST -> "invalid_request_error/";
              case TOO_LONG -> "invalid_request_error/context_length_exceeded";
              case NOT_FOUND -> "not_found_error/";
              case RATE_LIMIT -> "rate_limit_error/";
              case CUT, RESET, SAID_IN_ANSWER -> "server_error";
              default -> "server_error/";
            };
      };
    }
  }
}
