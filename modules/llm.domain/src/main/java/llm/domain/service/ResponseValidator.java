package llm.domain.service;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.model.TokenLimit;

/** Judges answers. Findings are values; nothing is thrown. Stateless, thread-safe. */
public final class ResponseValidator {
  private final ToolCallPolicy policy;

  /** Judges by this policy. */
  public ResponseValidator(ToolCallPolicy policy) {
    this.policy = policy;
  }

  /**
   * All checks of one answer.
   *
   * @param offered the tools that the request offered
   * @param limit what prompt and answer may take together
   */
  public ResponseReport validateResponse(
      ChatResult answer, List<ToolDefinition> offered, TokenLimit limit) {
    var findings = new ArrayList<ResponseFinding>();
    findings.addAll(validateContent(answer));
    findings.addAll(validateToolCalls(answer.toolCalls(), offered));
    findings.addAll(checkTokenUsage(answer.usage(), limit));
    return new ResponseReport(findings);
  }

  /** Whether there is an answer, and a whole one. */
  public List<ResponseFinding> validateContent(ChatResult answer) {
    var findings = new ArrayList<ResponseFinding>();
    boolean hasCalls = !answer.toolCalls().isEmpty();
    if (answer.text().isBlank() && !hasCalls) {
      findings.add(new ResponseFinding.EmptyAnswer());
    }
    endOf(answer.finishReason(), hasCalls).ifPresent(findings::add);
    return List.copyOf(findings);
  }

  /**
   * Whether the calls can be executed: each has its own id, a tool that was offered, and arguments
   * that begin and end as a JSON object. Only a parser and the tool's schema tell whether the
   * arguments are right.
   */
  public List<ResponseFinding> validateToolCalls(
      List<ToolCall> calls, List<ToolDefinition> offered) {
    var findings = new ArrayList<ResponseFinding>();
    var names = offered.stream().map(ToolDefinition::name).collect(Collectors.toSet());
    var ids = new HashSet<String>();
    for (ToolCall call : calls) {
      if (!ids.add(call.id())) {
        findings.add(new ResponseFinding.RepeatedCallId(call.id()));
      }
      if (!names.contains(call.name())) {
        findings.add(new ResponseFinding.UnknownTool(call.name()));
      }
      String arguments = call.arguments().value().strip();
      if (!arguments.startsWith("{") || !arguments.endsWith("}")) {
        findings.add(new ResponseFinding.ArgumentsNotAnObject(call.id(), call.name()));
      }
    }
    if (policy == ToolCallPolicy.SEQUENTIAL && calls.size() > 1) {
      findings.add(new ResponseFinding.MultipleToolCalls(calls.size()));
    }
    return List.copyOf(findings);
  }

  /** Whether prompt and answer stayed within {@code limit}, and far enough from it. */
  public List<ResponseFinding> checkTokenUsage(Usage usage, TokenLimit limit) {
    if (!limit.isWithinLimit(usage)) {
      return List.of(new ResponseFinding.LimitExceeded(usage.totalTokens(), limit.value()));
    }
    if (limit.isNearlyExhausted(usage)) {
      return List.of(
          new ResponseFinding.LimitNearlyExhausted(limit.remaining(usage), limit.value()));
    }
    return List.of();
  }

  private static Optional<ResponseFinding> endOf(FinishReason reason, boolean hasCalls) {
    return switch (reason) {
      case STOP -> Optional.empty();
      case TOOL_CALLS ->
          hasCalls ? Optional.empty() : Optional.of(new ResponseFinding.CallsMissing());
      case LENGTH -> Optional.of(new ResponseFinding.Truncated());
      case CONTENT_FILTER -> Optional.of(new ResponseFinding.Filtered());
      case ERROR -> Optional.of(new ResponseFinding.GenerationFailed());
      case UNKNOWN -> Optional.of(new ResponseFinding.UnknownReason());
    };
  }
}
