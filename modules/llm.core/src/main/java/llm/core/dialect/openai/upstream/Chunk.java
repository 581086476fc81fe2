package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.upstream.UpstreamError;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;

/** What one chunk says, in no order; filled by a parser, used again. */
final class Chunk {
  String content = "";
  String reasoning = "";
  String finishReason = ""; // as it is on the wire
  boolean hasChoices;
  Optional<Usage> usage = Optional.empty();
  Optional<UpstreamError> error = Optional.empty();
  final List<ToolFragment> tools = new ArrayList<>(2);
  final List<TokenLogprob> logprobs = new ArrayList<>();

  /** A piece of a tool call; what it does not say is empty. */
  record ToolFragment(Optional<Integer> index, String id, String name, String arguments) {}

  Chunk clear() {
    content = "";
    reasoning = "";
    finishReason = "";
    hasChoices = false;
    usage = Optional.empty();
    error = Optional.empty();
    tools.clear();
    logprobs.clear();
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
        "finish=" + finishReason,
        "choices=" + hasChoices,
        "usage=" + usage,
        "error=" + error,
        "tools=" + tools,
        "logprobs=" + logprobs);
  }
}
