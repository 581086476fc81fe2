package llm.server.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.config.ConfigException;
import llm.core.context.warmup.Summarizer;
import llm.core.conversation.ConversationInfo;
import llm.core.conversation.Conversations.Opening;
import llm.core.telemetry.JsonLines;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.server.boot.Core;
import llm.server.probe.report.Greeting;
import llm.server.probe.report.Results;
import llm.server.probe.report.SummaryFigures;
import llm.server.probe.report.TurnFigures;

/**
 * C-10: a dialogue of three steps in a conversation that is kept. The last step is asked as often
 * as wanted, with a summary behind it each time: the first is the model's, the next are the cache's
 * as long as what they stand for is the beginning of what was said. A session that is kept already
 * has its first steps told again as they were recorded, so that its cache fits too.
 */
final class EndToEnd implements Commands.Measuring {
  static final int REPEATS = 2;
  private static final String SESSION = "demo-123";
  private static final String NO_ROOM =
      "the model's window has no room for the dialogue and the question for a summary";
  private static final List<String> STEPS =
      List.of(
          "Привет! Скажи в двух фразах, чем ты полезен клиентам страховой компании?",
          "А теперь в одном предложении объясни выгоды вежливо и без воды.",
          "Суммаризируй весь диалог списком из 3 пунктов.");

  private final Inputs inputs;
  private final String session;

  EndToEnd(Inputs inputs, Optional<String> session) {
    this.inputs = inputs;
    this.session = session.orElse(SESSION);
  }

  @Override
  public void run(Terminal terminal, JsonLines lines)
      throws ConfigException, Core.Refused, LlmException, IOException {
    try (var lab = Lab.open(terminal, inputs, Core.Keeping.AS_CONFIGURED, lines)) {
      ModelName model = open(lab);
      Greeting greeting = lab.greet(model);
      List<TurnFigures> turns = new ArrayList<>();
      List<SummaryFigures> summaries = new ArrayList<>();
      for (int run = 1; run <= inputs.repeats(); run++) {
        turns.addAll(dialogue(lab, run));
        summarize(lab, terminal, run).ifPresent(summaries::add);
      }
      var results =
          new Results(
              Results.Kind.E2E,
              model.value(),
              lab.storeKind(),
              session,
              greeting,
              turns,
              summaries);
      lab.report(inputs.reports(), results);
    }
  }

  /** All steps but the last are those of the first run, told again as they are recorded. */
  private List<TurnFigures> dialogue(Lab lab, int run) throws LlmException {
    List<TurnFigures> turns = new ArrayList<>();
    for (int step = 1; step <= STEPS.size(); step++) {
      boolean last = step == STEPS.size();
      Optional<String> id = last ? Optional.empty() : Optional.of("e2e-step-" + step);
      String name = "run " + run + ", step " + step;
      turns.add(lab.turn(session, name, id, STEPS.get(step - 1)));
    }
    return turns;
  }

  /** The session's model: one that is kept goes on with its own. */
  private ModelName open(Lab lab) throws LlmException {
    ModelName asked = lab.gateway().resolve(inputs.model());
    Optional<ConversationInfo> kept = lab.conversations().find(session, Principal.LOCAL);
    if (kept.isEmpty()) {
      var opening = new Opening(Optional.of(session), Optional.of(asked.value()), Optional.empty());
      return lab.ask(call -> lab.conversations().open(opening, call)).identity().model();
    }
    ModelName model = kept.get().identity().model();
    if (inputs.model().isPresent() && !model.equals(asked)) {
      throw new LlmException(
          new LlmError.Conflict(
              "Session "
                  + session
                  + " is kept with model "
                  + model.value()
                  + "; name another --session-id, or that --model."));
    }
    return model;
  }

  /** Empty where the model's window has no room for the dialogue beside the question. */
  private Optional<SummaryFigures> summarize(Lab lab, Terminal terminal, int run)
      throws LlmException {
    long start = lab.nanos();
    Optional<Summarizer.Said> made = lab.ask(call -> lab.conversations().summarize(session, call));
    double millis = lab.millisSince(start);
    if (made.isEmpty()) {
      lab.log().warn("summary_skipped").put("message", NO_ROOM).emit();
      terminal.say("summary " + run + ": skipped, " + NO_ROOM);
      return Optional.empty();
    }
    Summarizer.Said said = made.get();
    String key =
        lab.trail().all(List.of("summary_cache_check")).getLast().text("key").orElseThrow();
    terminal.say("summary " + run + ": " + (said.cached() ? "from the cache" : "by the model"));
    return Optional.of(new SummaryFigures(run, key, said.cached(), millis, said.covered()));
  }
}
