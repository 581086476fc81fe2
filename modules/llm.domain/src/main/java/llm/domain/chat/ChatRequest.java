package llm.domain.chat;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import llm.domain.model.ModelName;

/**
 * What a caller asks of a model, in no dialect.
 *
 * @param model the model, already resolved from alias and default
 * @param messages the conversation, at least one message
 * @param tools tools the model may call
 * @param toolChoice which of them it may or must call
 * @param sampling how tokens are chosen
 * @param maxTokens the most tokens the answer may take, 1 or more; empty: the model's maximum
 * @param extensions fields of the caller's body that are not known here, relayed untouched to
 *     providers that speak the same dialect
 * @param priority whether somebody waits for the answer
 * @param form what the answer is to be like
 */
public record ChatRequest(
    ModelName model,
    List<Message> messages,
    List<ToolDefinition> tools,
    ToolChoice toolChoice,
    SamplingOptions sampling,
    Optional<Integer> maxTokens,
    Extensions extensions,
    Priority priority,
    AnswerForm form) {

  /** Copies the collections; rejects a request without messages or with a limit below 1. */
  public ChatRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("messages must hold at least one message");
    }
    if (maxTokens.isPresent() && maxTokens.get() < 1) {
      throw new IllegalArgumentException("max_tokens " + maxTokens.get() + " must be at least 1");
    }
  }

  /** A request for whose answer somebody waits. */
  public ChatRequest(
      ModelName model,
      List<Message> messages,
      List<ToolDefinition> tools,
      ToolChoice toolChoice,
      SamplingOptions sampling,
      Optional<Integer> maxTokens,
      Extensions extensions) {
    this(
        model,
        messages,
        tools,
        toolChoice,
        sampling,
        maxTokens,
        extensions,
        Priority.INTERACTIVE,
        AnswerForm.ANY);
  }

  /** A request with defaults for all but model and messages. */
  public static ChatRequest of(ModelName model, List<Message> messages) {
    return new ChatRequest(
        model,
        messages,
        List.of(),
        new ToolChoice.Auto(),
        SamplingOptions.DEFAULTS,
        Optional.empty(),
        Extensions.NONE);
  }

  /** The same request for another model. */
  public ChatRequest withModel(ModelName other) {
    return new ChatRequest(
        other, messages, tools, toolChoice, sampling, maxTokens, extensions, priority, form);
  }

  /** The same request with other messages. */
  public ChatRequest withMessages(UnaryOperator<List<Message>> change) {
    return new ChatRequest(
        model,
        change.apply(messages),
        tools,
        toolChoice,
        sampling,
        maxTokens,
        extensions,
        priority,
        form);
  }

  /** The same request with these tools. */
  public ChatRequest withTools(List<ToolDefinition> other) {
    return new ChatRequest(
        model, messages, other, toolChoice, sampling, maxTokens, extensions, priority, form);
  }

  /** The same request with this choice of tools. */
  public ChatRequest withToolChoice(ToolChoice other) {
    return new ChatRequest(
        model, messages, tools, other, sampling, maxTokens, extensions, priority, form);
  }

  /** The same request with this sampling. */
  public ChatRequest withSampling(SamplingOptions other) {
    return new ChatRequest(
        model, messages, tools, toolChoice, other, maxTokens, extensions, priority, form);
  }

  /** The same request with this output limit. */
  public ChatRequest withMaxTokens(int limit) {
    return new ChatRequest(
        model,
        messages,
        tools,
        toolChoice,
        sampling,
        Optional.of(limit),
        extensions,
        priority,
        form);
  }

  /** The same request with this priority. */
  public ChatRequest withPriority(Priority other) {
    return new ChatRequest(
        model, messages, tools, toolChoice, sampling, maxTokens, extensions, other, form);
  }

  /** The same request with these fields of its dialect. */
  public ChatRequest withExtensions(Extensions other) {
    return new ChatRequest(
        model, messages, tools, toolChoice, sampling, maxTokens, other, priority, form);
  }

  /** The same request for an answer of this form. */
  public ChatRequest withForm(AnswerForm other) {
    return new ChatRequest(
        model, messages, tools, toolChoice, sampling, maxTokens, extensions, priority, other);
  }
}
