package llm.core.gateway;

import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.model.TokenLimit;
import llm.domain.service.ResponseFinding;
import llm.domain.service.ResponseValidator;
import llm.domain.service.ToolCallPolicy;

/**
 * What is wrong or remarkable with an answer, in the log: names and counts, never what was said.
 */
final class Findings {
  private static final ResponseValidator VALIDATOR = new ResponseValidator(ToolCallPolicy.PARALLEL);

  private Findings() {}

  /** Looks at {@code answer} and logs what it finds. */
  static void log(ChatRequest request, Route route, ChatResult answer, Call call, Log log) {
    var limit = TokenLimit.forModel(route.spec());
    var report = VALIDATOR.validateResponse(answer, request.tools(), limit);
    for (ResponseFinding finding : report.findings()) {
      boolean fault = finding instanceof ResponseFinding.Fault;
      log.at(fault ? Level.WARN : Level.DEBUG, "answer_finding")
          .call(call)
          .put("model", request.model().value())
          .put("finding", finding.message())
          .emit();
    }
  }
}
