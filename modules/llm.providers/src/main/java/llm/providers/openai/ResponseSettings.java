package llm.providers.openai;

import java.util.Locale;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.dialect.responses.upstream.ResponseTraits;

/**
 * By which interface an upstream is asked, and how by Responses.
 *
 * @param api which
 * @param summary how reasoning is to be told
 */
record ResponseSettings(Api api, Summary summary) {
  private static final String API = "api";
  private static final String API_DOC =
      "By which interface it is asked: chat completions, responses, or auto: responses for models"
          + " and requests that need it.";
  private static final Setting<Summary> SUMMARY =
      Setting.choice(
          "reasoning_summary",
          Summary.NONE,
          "How reasoning is to be told where responses is asked and the request does not say;"
              + " OpenAI tells it to verified organisations alone.");

  /** How reasoning is told. */
  enum Summary {
    /** Not at all. */
    NONE,
    /** As the model can. */
    AUTO,
    /** In short. */
    CONCISE,
    /** At length. */
    DETAILED
  }

  /** Reads the keys {@code api}, with this default, and {@code reasoning_summary}. */
  static ResponseSettings read(Section section, Api usual) {
    return new ResponseSettings(
        section.get(Setting.choice(API, usual, API_DOC)), section.get(SUMMARY));
  }

  /** How a request for {@code model} is written. */
  ResponseTraits traits(String model) {
    boolean reasons = Api.reasons(model);
    Optional<String> told =
        Optional.of(summary)
            .filter(how -> reasons && how != Summary.NONE)
            .map(how -> how.name().toLowerCase(Locale.ROOT));
    return new ResponseTraits(reasons, reasons, told);
  }
}
