package llm.core.dialect.anthropic.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ResponseFormat;
import llm.domain.content.Thinking;
import llm.domain.content.Thinking.Effort;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Writes how much to think, and the form of the answer. */
final class ThoughtfulForm {
  /** The least budget that the API takes. */
  private static final int LEAST_BUDGET = 1_024;

  private final AnswerForm form;
  private final int limit;
  private final RequestTraits traits;
  private final JsonOut out;

  /**
   * A writer of {@code form}.
   *
   * @param limit of the answer's tokens, thoughts among them
   */
  ThoughtfulForm(AnswerForm form, int limit, RequestTraits traits, JsonOut out) {
    this.form = form;
    this.limit = limit;
    this.traits = traits;
    this.out = out;
  }

  /**
   * Adds {@code thinking}, where something is wanted.
   *
   * @param barred whether a budget would be refused; an effort is left out then
   */
  void thinking(String model, boolean barred) throws LlmException {
    if (form.thinking().isEmpty()) {
      return;
    }
    switch (form.thinking().get()) {
      case Thinking.Off _ -> out.name("thinking").object().field("type", "disabled").endObject();
      case Thinking.Adaptive _ -> adaptive();
      case Thinking.Budget(int tokens) -> budget(required(tokens));
      case Thinking.ByEffort(Effort effort) -> {
        if (byEffort(model)) {
          adaptive();
        } else if (!barred) {
          budget(fitting(effort.budgetTokens()));
        }
      }
    }
  }

  /** Adds {@code output_config}, where something is wanted. */
  void outputConfig(String model) {
    Optional<Effort> effort =
        form.thinking()
            .filter(Thinking.ByEffort.class::isInstance)
            .map(wish -> ((Thinking.ByEffort) wish).effort())
            .filter(_ -> byEffort(model));
    boolean schema = form.format() instanceof ResponseFormat.JsonSchema;
    if (effort.isEmpty() && !schema) {
      return;
    }
    out.name("output_config").object();
    effort.ifPresent(wanted -> out.field("effort", known(wanted).wireName()));
    if (form.format() instanceof ResponseFormat.JsonSchema wanted) {
      out.name("format").object().field("type", "json_schema");
      out.name("schema").json(wanted.schema()).endObject();
    }
    out.endObject();
  }

  private boolean byEffort(String model) {
    return traits.thinking().of(model) == ThinkingStyle.EFFORT;
  }

  /** The least there is here is {@code low}. */
  private static Effort known(Effort effort) {
    return effort == Effort.MINIMAL ? Effort.LOW : effort;
  }

  private void adaptive() {
    out.name("thinking").object().field("type", "adaptive").endObject();
  }

  private void budget(int tokens) {
    out.name("thinking").object().field("type", "enabled").field("budget_tokens", tokens);
    out.endObject();
  }

  /** What the caller said in tokens is not changed. */
  private int required(int tokens) throws LlmException {
    if (tokens < LEAST_BUDGET) {
      throw refused("is less than the " + LEAST_BUDGET + " tokens that the model needs", tokens);
    }
    if (tokens >= limit && !traits.interleaved()) {
      throw refused(
          "leaves nothing of the answer's max_tokens, " + limit + "; lower it or raise those",
          tokens);
    }
    return tokens;
  }

  private static LlmException refused(String why, int tokens) {
    return new LlmException(
        LlmError.InvalidRequest.at(
            "thinking.budget_tokens", "thinking.budget_tokens " + tokens + " " + why));
  }

  /** What an effort stands for; at most half of the answer's limit, if that is enough. */
  private int fitting(int tokens) throws LlmException {
    int most = Math.max(limit / 2, Math.min(LEAST_BUDGET, limit - 1));
    if (most < LEAST_BUDGET) {
      throw MessagesRequestWriter.unsupported(
          "reasoning_effort",
          "reasoning within max_tokens "
              + limit
              + "; raise it above "
              + LEAST_BUDGET
              + ", or leave reasoning_effort out");
    }
    return Math.min(tokens, most);
  }
}
