package llm.core;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.catalogue.Prompts;
import llm.core.context.ContextPrompts;
import llm.core.context.DualContext;
import llm.core.context.DualLog;
import llm.core.context.Ledger;
import llm.core.context.Plan;
import llm.core.context.Summary;
import llm.core.context.TooLong;
import llm.core.context.WarmUp;
import llm.core.context.Window;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.chat.Message;
import llm.domain.port.TimeSource;
import llm.domain.service.TokenEstimator;

/** C-11: a context that fills, and one that the next one takes over from, without any model. */
final class ContextScenes {
  private static final Window WINDOW = new Window(400, 100, 40, 0.5, 0.7, 2);
  private static final int MOST_TURNS = 100;

  private final Telemetry telemetry;
  private final Log log;

  ContextScenes(Telemetry telemetry) {
    this.telemetry = telemetry;
    this.log = telemetry.log("llm.sandbox");
  }

  /** Two turns: what is asked, what of the room it takes, and the question for a summary. */
  void context() throws TooLong {
    var words =
        new ContextPrompts("Be brief.", Optional.of("Answer in English."), Prompts.DEFAULTS);
    DualContext context = dual("context", words, (_, _, _) -> () -> {});
    for (String question : List.of("Is there a train to Ulm?", "And one back?")) {
      Plan plan = context.begin(Message.user(question)).plan();
      log.info("prompt")
          .put("text", text(plan.messages()))
          .put("prompt_tokens", plan.promptTokens())
          .put("usage_ratio", context.ratio())
          .emit();
      context.add(Message.assistant("Yes, every hour."));
    }
    log.info("summary_prompt")
        .put("text", words.summaryPrompt(List.of(Message.user("Is there a train to Ulm?")), 400))
        .emit();
  }

  /**
   * A context grows until the next one is made ready, is ready, and is gone on in; then another
   * warm-up is cancelled.
   */
  void dual() throws TooLong {
    var begun = new AtomicLong();
    DualContext context =
        dual(
            "dual",
            new ContextPrompts("Be brief.", Optional.empty(), Prompts.DEFAULTS),
            (number, _, _) -> {
              begun.set(number);
              return () -> {};
            });
    growUntil(context, () -> begun.get() == 1);
    var summary =
        Summary.ofAnswer("The user asks for trains.\n- fact: trains leave every hour\n", 2);
    context.summarized(1, summary);
    context.ready(1);
    growUntil(context, () -> context.ledger().entries().size() == 1);
    growUntil(context, () -> begun.get() == 2);
    context.close("sandbox");
  }

  /** When a scene has seen enough. */
  private interface Goal {
    boolean isReached();
  }

  private void growUntil(DualContext context, Goal goal) throws TooLong {
    for (int turn = 1; turn <= MOST_TURNS && !goal.isReached(); turn++) {
      context.begin(Message.user("Turn " + turn + ": is there a train to Ulm?"));
      context.add(Message.assistant("Yes, every hour, the next one at ten past."));
      context.turnEnded();
      log.info("turn").put("usage_ratio", context.ratio()).emit();
    }
  }

  private DualContext dual(String name, ContextPrompts words, WarmUp warmUp) {
    var counters = new DualLog.Counters(telemetry.metrics());
    return new DualContext(
        WINDOW,
        words,
        new TokenEstimator(),
        "",
        Ledger.EMPTY,
        warmUp,
        TimeSource.SYSTEM,
        new DualLog(telemetry.log("llm.dual"), telemetry.log("llm.context"), counters, name));
  }

  private static String text(List<Message> messages) {
    var text = new StringBuilder();
    for (Message message : messages) {
      text.append(message.role().wireName()).append(": ").append(message.text()).append('\n');
    }
    return text.toString();
  }
}
