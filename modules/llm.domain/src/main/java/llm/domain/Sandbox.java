package llm.domain;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmInteraction;
import llm.domain.interaction.LlmRequest;
import llm.domain.interaction.LlmRequestId;
import llm.domain.interaction.Upstream;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.Temperature;
import llm.domain.model.TokenLimit;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import llm.domain.prompt.PromptTemplate;
import llm.domain.service.RequestBuilder;
import llm.domain.service.ResponseFinding;
import llm.domain.service.ResponseValidator;
import llm.domain.service.TokenEstimator;
import llm.domain.service.ToolCallPolicy;

/** Walks through the module, one {@link SandboxLine} for each thing it shows. */
final class Sandbox {
  private static final ModelName MODEL = new ModelName("openai/gpt-4o-mini");
  private static final ModelSpec SPEC =
      new ModelSpec(
          128_000,
          16_384,
          true,
          true,
          true,
          Optional.of(new ModelSpec.Price(0.15, 0.60)),
          Optional.of("o200k_base"));
  private static final ToolDefinition READ_FILE =
      new ToolDefinition(
          "read_file",
          Optional.of("Reads a file of the project."),
          new JsonText("{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}}}"));
  private static final TokenEstimator ESTIMATOR = new TokenEstimator();

  private final TimeSource time;
  private final IdSource ids;
  private final Consumer<String> out;

  /** Hands each line to {@code out}, without a line end. */
  Sandbox(TimeSource time, IdSource ids, Consumer<String> out) {
    this.time = time;
    this.ids = ids;
    this.out = out;
  }

  void run() {
    values();
    models();
    limits();
    templates();
    LlmRequest request = request();
    completed(request);
    failed();
    context();
    estimates();
    findings();
  }

  private void values() {
    tryValue("Temperature", () -> Temperature.balanced().value());
    tryValue("Temperature", () -> new Temperature(2.5));
    tryValue("TokenLimit", () -> new TokenLimit(4_096).value());
    tryValue("TokenLimit", () -> new TokenLimit(-100));
    tryValue("ModelName", () -> new ModelName("gpt-4o"));
    tryValue("ModelName", () -> new ModelName(" gpt-4o"));
    tryValue("LlmRequestId", () -> LlmRequestId.create(ids));
    tryValue("LlmRequestId", () -> LlmRequestId.parse("req-1"));
    tryValue("ChatRequest", () -> ChatRequest.of(MODEL, List.of()));
  }

  private void tryValue(String type, Supplier<Object> maker) {
    try {
      String value = maker.get().toString();
      line("value_accepted").put("type", type).put("value", value).emit();
    } catch (IllegalArgumentException refused) {
      line("value_refused").put("type", type).put("message", refused.getMessage()).emit();
    }
  }

  private void models() {
    for (String id :
        List.of("o3-mini", "anthropic/claude-sonnet-4", "gemini-2.5-pro", "llama-3-8b", "local")) {
      var name = new ModelName(id);
      line("model_told_by_name")
          .put("model", id)
          .put("vendor", name.vendor().name())
          .put("supports_tools", name.supportsTools())
          .emit();
    }
  }

  private void limits() {
    for (int promptTokens : new int[] {1_000, 127_500, 128_000}) {
      var budget = TokenLimit.outputBudget(Optional.of(4_096), SPEC, promptTokens);
      var line = line("output_budget").put("asked", 4_096).put("prompt_tokens", promptTokens);
      budget.ifPresentOrElse(
          limit -> line.put("budget", limit.value()), () -> line.put("nothing_left", true));
      line.emit();
    }
    var usage = Usage.of(1_000, 500);
    line("cost").put("tokens", usage.totalTokens()).put("usd", SPEC.cost(usage)).emit();
  }

  private void templates() {
    var template = PromptTemplate.of("Answer in {language} as {{\"answer\": \"{example}\"}}.");
    var values = Map.of("language", "Russian");
    line("template_read").put("variables", String.join(",", template.variables())).emit();
    tryValue("prompt", () -> template.render(values));
    tryValue("prompt", () -> template.render(Map.of("language", "Russian", "example", "да")));
    tryValue("PromptTemplate", () -> PromptTemplate.of("Hello {first name}"));
  }

  private LlmRequest request() {
    var chat =
        new RequestBuilder(MODEL, SPEC)
            .toolRequest(
                List.of(
                    Message.system("You help with code."), Message.user("What is in \"pom.xml\"?")),
                List.of(READ_FILE));
    var request = LlmRequest.create(chat, time, ids);
    publish(request);
    line("api_format").put("request", request.toApiFormat().toJson()).emit();
    validate(request, new ModelSpec(10, 5, true, false, false, Optional.empty(), Optional.empty()));
    validate(request, SPEC);
    return request;
  }

  private void validate(LlmRequest request, ModelSpec spec) {
    request
        .validate(spec, ESTIMATOR)
        .ifPresent(error ->
            line("request_refused")
                .put("request_id", request.id().value())
                .put("code", error.code().wireName())
                .put("message", error.message())
                .emit());
    publish(request);
  }

  private void completed(LlmRequest request) {
    var interaction = LlmInteraction.start(request);
    publish(interaction);
    interaction.markSent(new Upstream("openai", MODEL, SPEC));
    publish(interaction);
    interaction.responseReceived();
    publish(interaction);
    interaction.responseProcessed(FinishReason.TOOL_CALLS, Usage.of(48, 17));
    publish(interaction);
    interaction.complete();
    publish(interaction);
  }

  private void failed() {
    var request =
        LlmRequest.create(ChatRequest.of(MODEL, List.of(Message.user("Hello"))), time, ids);
    validate(request, SPEC);
    var interaction = LlmInteraction.start(request);
    var cancelled = new LlmError.Cancelled(CancelReason.USER);
    tryStep("fail", () -> interaction.fail(cancelled, Usage.NONE));
    publish(interaction);
    tryStep("complete", interaction::complete);
  }

  private void tryStep(String step, Runnable action) {
    try {
      action.run();
      line("step_taken").put("step", step).emit();
    } catch (IllegalStateException illegal) {
      line("step_refused").put("step", step).put("message", illegal.getMessage()).emit();
    }
  }

  private void context() {
    var messages =
        List.of(
            Message.system("You help with code."),
            Message.user("An old question with very many words. ".repeat(20)),
            Message.assistant("An old answer."),
            Message.user("What is in pom.xml?"),
            Message.assistant("", List.of(new ToolCall("c1", "read_file", JsonText.EMPTY_OBJECT))),
            Message.tool("c1", "<project/>"));
    var kept =
        new RequestBuilder(MODEL, SPEC).optimizeContext(messages, new TokenLimit(100), ESTIMATOR);
    line("context_optimized")
        .put("messages_before", messages.size())
        .put("tokens_before", ESTIMATOR.estimateMessages(messages))
        .put("messages_after", kept.size())
        .put("tokens_after", ESTIMATOR.estimateMessages(kept))
        .emit();
  }

  private void estimates() {
    var request = ChatRequest.of(MODEL, List.of(Message.user("Привет, мир"))).withMaxTokens(100);
    line("tokens_estimated")
        .put("total", ESTIMATOR.estimateTotal(request))
        .put("tools", ESTIMATOR.estimateTools(List.of(READ_FILE)))
        .put("will_exceed_100", ESTIMATOR.willExceedLimit(request, new TokenLimit(100)))
        .emit();
  }

  private void findings() {
    var answer =
        new ChatResult(
            MODEL.value(),
            "",
            "",
            List.of(
                new ToolCall("c1", "read_file", new JsonText("{\"path\":\"pom.xml\"}")),
                new ToolCall("c2", "delete_file", new JsonText("{\"path\":\"pom"))),
            FinishReason.TOOL_CALLS,
            Usage.of(90, 5));
    var report =
        new ResponseValidator(ToolCallPolicy.SEQUENTIAL)
            .validateResponse(answer, List.of(READ_FILE), new TokenLimit(100));
    for (ResponseFinding finding : report.findings()) {
      line(finding instanceof ResponseFinding.Fault ? "response_fault" : "response_warning")
          .put("finding", finding.getClass().getSimpleName())
          .put("message", finding.message())
          .emit();
    }
  }

  private void publish(LlmRequest request) {
    request.takeEvents().forEach(event -> SandboxLine.of(event, out).emit());
  }

  private void publish(LlmInteraction interaction) {
    interaction.takeEvents().forEach(event -> SandboxLine.of(event, out).emit());
  }

  private SandboxLine line(String event) {
    return new SandboxLine(event, time.now(), out);
  }
}
