package llm.gpu.text;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.template.ConversationTemplate;
import llm.core.template.Reasoning;
import llm.core.template.answer.AnswerParser;
import llm.core.template.grammar.ForcedCalls;
import llm.core.template.grammar.HeldCalls;
import llm.core.template.grammar.MarkFree;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Role;
import llm.domain.chat.ToolChoice;
import llm.domain.error.LlmException;
import llm.domain.port.Continuation;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.llama.ChatTemplate;

/** How a model's conversations look. */
public sealed interface Conversations {
  /**
   * By templates that are run.
   *
   * @param usual the model's template
   * @param toolUse its template for conversations with tools, where it has one of its own for them
   * @param toolProblem why that cannot be read, one client-safe sentence: tools are not offered
   *     then, as the usual one need not say them as the model knows them
   */
  record Own(
      ConversationTemplate usual,
      Optional<ConversationTemplate> toolUse,
      Optional<String> toolProblem)
      implements Conversations {

    /** The template for this conversation. */
    public ConversationTemplate of(ChatRequest request) {
      boolean offered =
          !request.tools().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
      boolean used =
          request.messages().stream()
              .anyMatch(message -> message.role() == Role.TOOL || !message.toolCalls().isEmpty());
      return offered || used ? toolUse.orElse(usual) : usual;
    }
  }

  /** By a form of llama.cpp. */
  record BuiltIn(ChatTemplate template) implements Conversations {}

  /** The words of the messages and nothing else. */
  record Plain() implements Conversations {}

  /**
   * By a template that is not known here: nothing can be asked.
   *
   * @param problem one client-safe sentence
   */
  record Unreadable(String problem) implements Conversations {}

  /** Whether tools can be offered. */
  default boolean offersTools() {
    return this instanceof Own own
        && own.toolProblem().isEmpty()
        && own.toolUse().orElse(own.usual()).offersTools();
  }

  /**
   * How the model goes on with an answer that another one began. A model without a template knows
   * no answers, and is not told in words either.
   */
  default Continuation continuation() {
    return switch (this) {
      case Own(var usual, var toolUse, var _) ->
          usual.continues() && toolUse.map(ConversationTemplate::continues).orElse(true)
              ? Continuation.PREFILLED
              : Continuation.IF_ALLOWED;
      case BuiltIn _ -> Continuation.IF_ALLOWED;
      case Plain _, Unreadable _ -> Continuation.NEVER;
    };
  }

  /** What takes the answer to {@code request} apart; empty where it is text and nothing else. */
  default Optional<AnswerParser> parser(ChatRequest request, Supplier<String> ids) {
    return this instanceof Own own ? own.of(request).parser(request, ids) : Optional.empty();
  }

  /**
   * What calls are held to that {@code request} demands; empty where it demands none.
   *
   * @throws LlmException when the model cannot be made to call, or a tool's arguments cannot be
   *     held to their schema
   */
  default Optional<HeldCalls> calls(ChatRequest request) throws LlmException {
    if (this instanceof Own own) {
      return own.of(request).calls(request);
    }
    if (ForcedCalls.areDemanded(request)) {
      throw ForcedCalls.refusal(request, "");
    }
    return Optional.empty();
  }

  /**
   * What an answer to {@code request} is held to that is to have the form {@code asked}, as the
   * model can write it: that form, or calls where the model may call tools instead.
   *
   * @throws LlmException when the two cannot be told apart, or a tool's arguments cannot be held to
   *     their schema
   */
  default AnswerGrammar formed(AnswerGrammar asked, ChatRequest request) throws LlmException {
    if (!(this instanceof Own own)) {
      return asked;
    }
    ConversationTemplate template = own.of(request);
    AnswerGrammar form =
        asked.isJson() ? asked.withGbnf(MarkFree.json(asked.gbnf(), template.format())) : asked;
    if (!ForcedCalls.mayReplaceForm(request)) {
      return form;
    }
    var text = new ForcedCalls.TextForm(form.gbnf(), form.isJson());
    HeldCalls either = template.callsOr(text, request, form.parameter(), form.check());
    return AnswerGrammar.ofCalls(either, form.parameter());
  }

  /** What comes before the answer to {@code request}. */
  default Reasoning reasoning(ChatRequest request) {
    return this instanceof Own own ? own.of(request).reasoning(request) : Reasoning.NONE;
  }

  /** For the log: the way, and what the answer is taken apart by. */
  default String described() {
    return switch (this) {
      case Own(var _, var _, var problem) when problem.isPresent() ->
          "the model's template, without tools: " + problem.get();
      case Own(var usual, var toolUse, var _) ->
          "the model's template"
              + (toolUse.isPresent() ? " and that for tools" : "")
              + ", tool format "
              + toolUse.orElse(usual).format().name().toLowerCase(Locale.ROOT);
      case BuiltIn _ -> "llama.cpp's form of the template, without tools";
      case Plain _ -> "plain text";
      case Unreadable(String problem) -> problem;
    };
  }
}
