package llm.core.gateway.failover;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.port.Continuation;

/**
 * How an answer is taken up again.
 *
 * @param kind in which way
 * @param request what is to be asked
 * @param joint takes away what the continuation says again; empty: it begins anew
 */
public record Resumption(Kind kind, ChatRequest request, Optional<Joint> joint) {
  private static final String INSTRUCTION =
      "Your answer was cut off where it ends above. Go on with the very next character. Repeat"
          + " nothing of it, do not begin anew, and do not speak of the interruption.";

  /** Fields by which callers bind an answer as a whole, which its rest alone cannot keep to. */
  private static final List<String> OF_WHOLE_ANSWERS =
      List.of(
          "response_format",
          "output_config",
          "text",
          "grammar",
          "json_schema",
          "guided_choice",
          "guided_grammar",
          "guided_json",
          "guided_regex",
          "structured_outputs");

  /** In which way. */
  public enum Kind {
    /** From the beginning: nothing was given that counts. */
    AGAIN,
    /** From the end of the text. */
    PREFILL,
    /** The same by an instruction. */
    INSTRUCTION;

    /** As metrics and logs call it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The way for a target.
   *
   * @param sent the request as it would go there
   * @param given what the caller has of the answer
   * @param how the target can
   * @param isInstructionAllowed whether {@link Continuation#IF_ALLOWED} will do
   * @param spentTokens what the answer took so far
   * @return empty when there is none
   */
  public static Optional<Resumption> of(
      ChatRequest sent,
      Given given,
      Continuation how,
      boolean isInstructionAllowed,
      int spentTokens) {
    if (!given.hasText()) {
      return Optional.of(new Resumption(Kind.AGAIN, sent, Optional.empty()));
    }
    String text = given.text();
    String solid = text.stripTrailing();
    var regrown = new Regrown(text.substring(solid.length()));
    ChatRequest rest = limited(free(sent), spentTokens);
    if (solid.isEmpty()) {
      return Optional.of(new Resumption(Kind.PREFILL, rest, Optional.of(regrown)));
    }
    boolean mayInstruct = sent.sampling().topLogprobs().isEmpty(); // whose tokens could not be cut
    return switch (how) {
      case NEVER -> Optional.empty();
      case PREFILLED -> Optional.of(prefilled(rest, solid, regrown));
      case ECHOED -> Optional.of(prefilled(rest, solid, new Echo(solid, regrown)));
      case INSTRUCTED -> instructed(rest, text, mayInstruct);
      case IF_ALLOWED -> instructed(rest, text, mayInstruct && isInstructionAllowed);
    };
  }

  private static Resumption prefilled(ChatRequest rest, String solid, Joint joint) {
    ChatRequest request =
        rest.withMessages(messages -> ended(messages, solid)).withForm(rest.form().continuing());
    return new Resumption(Kind.PREFILL, request, Optional.of(joint));
  }

  private static Optional<Resumption> instructed(ChatRequest rest, String text, boolean allowed) {
    if (!allowed) {
      return Optional.empty();
    }
    ChatRequest request =
        rest.withMessages(messages -> {
          List<Message> longer = ended(messages, text.stripTrailing());
          longer.add(Message.user(INSTRUCTION));
          return longer;
        });
    return Optional.of(new Resumption(Kind.INSTRUCTION, request, Optional.of(new Overlap(text))));
  }

  /** The conversation with the answer so far; one that the caller began is the same message. */
  private static List<Message> ended(List<Message> messages, String text) {
    var longer = new ArrayList<>(messages);
    Message last = messages.getLast();
    boolean isBegun = last.role() == Role.ASSISTANT && last.isPlain() && last.toolCalls().isEmpty();
    if (isBegun) {
      longer.set(longer.size() - 1, Message.assistant(last.text() + text));
    } else {
      longer.add(Message.assistant(text));
    }
    return longer;
  }

  /** A form that binds the whole answer would have its rest begin as a whole one. */
  private static ChatRequest free(ChatRequest sent) {
    ChatRequest free =
        sent.form().format() instanceof ResponseFormat.Text
            ? sent
            : sent.withForm(sent.form().withFormat(new ResponseFormat.Text()));
    var fields = new HashMap<>(free.extensions().fields());
    return fields.keySet().removeAll(OF_WHOLE_ANSWERS)
        ? free.withExtensions(Extensions.of(free.extensions().dialect(), fields))
        : free;
  }

  private static ChatRequest limited(ChatRequest request, int spentTokens) {
    return request
        .maxTokens()
        .map(most -> request.withMaxTokens(Math.max(1, most - spentTokens)))
        .orElse(request);
  }
}
