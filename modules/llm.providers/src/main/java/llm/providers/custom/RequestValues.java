package llm.providers.custom;

import java.util.List;
import java.util.Optional;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.content.Thinking;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** What a request puts at the places of a template; what has no place there is refused. */
final class RequestValues implements Template.Values {
  private final ChatRequest request;
  private final String model;
  private final boolean stream;
  private final PromptForm form;
  private final boolean systemApart;

  private RequestValues(
      ChatRequest request, String model, boolean stream, PromptForm form, Template template) {
    this.request = request;
    this.model = model;
    this.stream = stream;
    this.form = form;
    this.systemApart = template.names(Placeholder.SYSTEM);
  }

  /**
   * The values of a request.
   *
   * @param model the model's id at the endpoint
   * @throws LlmException with {@code Unsupported} for what the template cannot say
   */
  static RequestValues of(
      ChatRequest request, String model, boolean stream, PromptForm form, Template template)
      throws LlmException {
    var values = new RequestValues(request, model, stream, form, template);
    values.requireWords();
    for (Placeholder place : Placeholder.values()) {
      boolean isAsked = place.compareTo(Placeholder.STREAM) > 0 && values.has(place);
      if (isAsked && !template.names(place)) {
        throw values.unsupported(
            place.wireName(), "is sent no " + place.wireName() + "; leave it out");
      }
    }
    return values;
  }

  @Override
  public boolean has(Placeholder place) {
    return switch (place) {
      case MODEL, MESSAGES, PROMPT, STREAM -> true;
      case SYSTEM -> request.messages().stream().anyMatch(RequestValues::isSystem);
      case STOP -> !request.sampling().stop().isEmpty();
      default -> number(place).isPresent();
    };
  }

  @Override
  public Optional<String> text(Placeholder place) {
    return switch (place) {
      case MODEL -> Optional.of(model);
      case PROMPT -> Optional.of(form.of(messages()));
      case STREAM -> Optional.of(Boolean.toString(stream));
      case SYSTEM ->
          Optional.of(
              String.join(
                  "\n\n",
                  request.messages().stream()
                      .filter(RequestValues::isSystem)
                      .map(Message::text)
                      .toList()));
      case MESSAGES, STOP -> Optional.empty(); // lists stand alone
      default -> number(place).map(RequestValues::plain);
    };
  }

  @Override
  public void write(Placeholder place, JsonOut out) {
    switch (place) {
      case MODEL, PROMPT, SYSTEM -> out.value(text(place).orElseThrow());
      case STREAM -> out.value(stream);
      case MESSAGES -> {
        out.array();
        for (Message message : messages()) {
          out.object()
              .field("role", message.role().wireName())
              .field("content", message.text())
              .endObject();
        }
        out.endArray();
      }
      case STOP -> {
        out.array();
        request.sampling().stop().forEach(out::value);
        out.endArray();
      }
      default -> {
        Number number = number(place).orElseThrow();
        if (number instanceof Double fraction) {
          out.value(fraction.doubleValue());
        } else {
          out.value(number.longValue());
        }
      }
    }
  }

  private static String plain(Number number) {
    double value = number.doubleValue();
    boolean whole = number instanceof Double && value == Math.rint(value);
    return whole ? Long.toString((long) value) : number.toString();
  }

  private Optional<? extends Number> number(Placeholder place) {
    SamplingOptions sampling = request.sampling();
    return switch (place) {
      case MAX_TOKENS -> request.maxTokens();
      case TEMPERATURE -> sampling.temperature().map(chosen -> chosen.value());
      case TOP_P -> sampling.topP();
      case TOP_K -> sampling.topK();
      case MIN_P -> sampling.minP();
      case SEED -> sampling.seed();
      case FREQUENCY_PENALTY -> sampling.frequencyPenalty();
      case PRESENCE_PENALTY -> sampling.presencePenalty();
      case REPEAT_PENALTY -> sampling.repeatPenalty();
      case MODEL, MESSAGES, PROMPT, SYSTEM, STREAM, STOP -> Optional.empty();
    };
  }

  private List<Message> messages() {
    return systemApart
        ? request.messages().stream().filter(message -> !isSystem(message)).toList()
        : request.messages();
  }

  private static boolean isSystem(Message message) {
    return message.role() == Role.SYSTEM;
  }

  private void requireWords() throws LlmException {
    refuse("tools", !request.tools().isEmpty(), "calls no tools");
    if (request.form().format() instanceof ResponseFormat.Grammar) {
      throw GrammarFields.unsupported(request);
    }
    refuse(
        "response_format",
        !(request.form().format() instanceof ResponseFormat.Text),
        "answers in plain text only");
    refuse(
        "reasoning_effort",
        request.form().thinking().filter(wish -> !(wish instanceof Thinking.Off)).isPresent(),
        "has no reasoning that could be set");
    SamplingOptions sampling = request.sampling();
    refuse("logprobs", sampling.topLogprobs().isPresent(), "tells no log probabilities");
    refuse("logit_bias", !sampling.logitBias().isEmpty(), "is sent no logit_bias");
    for (int index = 0; index < request.messages().size(); index++) {
      Message message = request.messages().get(index);
      String path = "messages[" + index + "]";
      refuse(path + ".role", message.role() == Role.TOOL, "takes no results of tools");
      refuse(path + ".tool_calls", !message.toolCalls().isEmpty(), "takes no calls of tools");
      boolean words = message.parts().stream().allMatch(part -> part instanceof Part.Text);
      refuse(path + ".content", !words, "takes nothing but text");
    }
  }

  private void refuse(String path, boolean asked, String why) throws LlmException {
    if (asked) {
      throw unsupported(path, why);
    }
  }

  private LlmException unsupported(String path, String why) {
    return new LlmException(
        new LlmError.Unsupported(
            path,
            "Model '"
                + request.model().value()
                + "' "
                + why
                + "; its endpoint is described by the configuration (providers.custom)."));
  }
}
