package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.upstream.UpstreamError;
import llm.domain.chat.JsonText;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;

/** What one chunk says, in no order; filled by a parser, used again. */
final class Chunk {
  String content = "";
  String reasoning = "";
  String refusal = "";
  String finishReason = ""; // as it is on the wire
  boolean hasChoices;
  Optional<Usage> usage = Optional.empty();
  Optional<UpstreamError> error = Optional.empty();
  final List<ToolFragment> tools = new ArrayList<>(2);
  final List<TokenLogprob> logprobs = new ArrayList<>();
  final Map<String, JsonText> answer = new LinkedHashMap<>(); // of the answer, not known here
  final Map<String, JsonText> message = new LinkedHashMap<>(); // of its message, not known here
  Optional<JsonText> details = Optional.empty(); // of its reasoning

  /**
   * A piece of a tool call; what it does not say is empty.
   *
   * @param custom of a call of no function: all but its id and index
   */
  record ToolFragment(
      Optional<Integer> index,
      String id,
      String name,
      String arguments,
      Map<String, JsonText> custom) {}

  Chunk clear() {
    content = "";
    reasoning = "";
    refusal = "";
    finishReason = "";
    hasChoices = false;
    usage = Optional.empty();
    error = Optional.empty();
    tools.clear();
    logprobs.clear();
    answer.clear();
    message.clear();
    details = Optional.empty();
    return this;
  }

  /** Reasoning has two names, and some servers send it under both: the first counts. */
  void reasoning(String text) {
    if (reasoning.isEmpty()) {
      reasoning = text;
    }
  }

  @Override
  public String toString() {
    return String.join(
        " ",
        "content=" + content,
        "reasoning=" + reasoning,
        "refusal=" + refusal,
        "message=" + message,
        "details=" + details,
        "finish=" + finishReason,
        "choices=" + hasChoices,
        "usage=" + usage,
        "error=" + error,
        "tools=" + tools,
        "logprobs=" + logprobs);
  }
}
