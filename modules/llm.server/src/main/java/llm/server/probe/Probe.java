package llm.server.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.config.ConfigException;
import llm.core.conversation.Conversations.Opening;
import llm.core.telemetry.JsonLines;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.server.boot.Core;
import llm.server.probe.report.Greeting;
import llm.server.probe.report.Results;
import llm.server.probe.report.TurnFigures;

/** C-9: one text, asked again and again in one conversation that nobody keeps. */
final class Probe implements Commands.Measuring {
  static final int REPEATS = 5;
  private static final String TEXT = "Привет! Дай короткое описание продукта.";

  private final Inputs inputs;
  private final String text;

  Probe(Inputs inputs, Optional<String> text) {
    this.inputs = inputs;
    this.text = text.orElse(TEXT);
  }

  @Override
  public void run(Terminal terminal, JsonLines lines)
      throws ConfigException, Core.Refused, LlmException, IOException {
    try (var lab = Lab.open(terminal, inputs, Core.Keeping.IN_MEMORY, lines)) {
      ModelName model = lab.gateway().resolve(inputs.model());
      Greeting greeting = lab.greet(model);
      var opening = new Opening(Optional.empty(), Optional.of(model.value()), Optional.empty());
      String id = lab.ask(call -> lab.conversations().open(opening, call)).identity().id();
      List<TurnFigures> turns = new ArrayList<>();
      for (int run = 1; run <= inputs.repeats(); run++) {
        turns.add(lab.turn(id, run + " of " + inputs.repeats(), Optional.empty(), text));
      }
      var results =
          new Results(
              Results.Kind.PROBE, model.value(), lab.storeKind(), text, greeting, turns, List.of());
      lab.report(inputs.reports(), results);
    }
  }
}
