package llm.core.template.grammar;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.grammar.ForcedCalls.TextForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Tells calls from texts of a form by how they begin: the beginning of each call up to where no
 * text of the form goes on so. A form that may go on so up to a call's arguments is refused.
 */
record FormOrCalls(AnswerFormat format, CallFrame frame) {

  /**
   * How an answer is read that is one or the other.
   *
   * @param field what asked for the form
   * @throws LlmException with {@code Unsupported} where the two cannot be told apart, with {@code
   *     InvalidRequest} for a grammar that is wrong
   */
  HeldReading reading(TextForm form, ChatRequest request, String field) throws LlmException {
    if (format == AnswerFormat.HARMONY) { // channels tell them apart, unless a text has their marks
      if (!form.isJson()) {
        throw refusal(request, field, ": marks of its channels could stand in such a text");
      }
      return new HeldReading.Parsed();
    }
    Set<String> beginnings = new HashSet<>();
    try {
      GbnfState start = Gbnf.read(form.gbnf()).start();
      for (ToolDefinition tool : request.tools()) {
        Optional<String> beginning = beginning(frame.head(tool.name()), start);
        beginnings.add(
            beginning.orElseThrow(() ->
                refusal(
                    request,
                    field,
                    ": an answer of that form may begin as a call of '" + tool.name() + "' does")));
      }
    } catch (GbnfException unusable) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              field, "The grammar cannot be used: " + unusable.getMessage() + "."),
          unusable);
    }
    return new HeldReading.Either(beginnings);
  }

  /** The shortest one of {@code head} that no text of a form has; empty where one may have all. */
  private static Optional<String> beginning(String head, GbnfState start) throws GbnfException {
    GbnfState state = start;
    int at = 0;
    while (at < head.length()) {
      int to = at + Character.charCount(head.codePointAt(at));
      byte[] bytes = head.substring(at, to).getBytes(StandardCharsets.UTF_8);
      state = state.next(bytes, 0, bytes.length);
      if (state.isDead()) {
        return Optional.of(head.substring(0, to));
      }
      at = to;
    }
    return Optional.empty();
  }

  private static LlmException refusal(ChatRequest request, String field, String why) {
    return new LlmException(
        new LlmError.Unsupported(
            field,
            "Model '"
                + request.model()
                + "' cannot be held to this form and be free to call tools"
                + why
                + "; send tool_choice none or required, or another form."));
  }
}
