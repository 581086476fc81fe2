package llm.core.connection;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.TimeSource;
import llm.domain.port.WarmPlan;

/** Pings one provider, and has it generate where that is wanted. Thread-safe; blocks. */
final class Attempts {
  /** A model may have to be loaded first. */
  static final Duration GENERATION_PATIENCE = Duration.ofMinutes(2);

  private final String operation;
  private final Optional<Duration> pingPatience;
  private final Models models;
  private final LinkEvents events;
  private final TimeSource time;

  Attempts(
      String provider, Optional<WarmPlan> plan, Models models, LinkEvents events, TimeSource time) {
    this.operation = "Ping of provider '" + provider + "'";
    this.pingPatience = plan.map(WarmPlan::patience);
    this.models = models;
    this.events = events;
    this.time = time;
  }

  /** One attempt; what goes wrong is part of what came of it. */
  Attempt make(ConnectionWarmer by, Optional<ModelName> model, Call call) {
    long began = time.nanoTime();
    Optional<Long> ping = Optional.empty();
    Optional<Long> generation = Optional.empty();
    OptionalInt status = OptionalInt.empty();
    Optional<LlmError> failure = Optional.empty();
    try {
      status = ping(by, call);
      ping = Optional.of(time.nanoTime() - began);
      if (model.isPresent()) {
        long begun = time.nanoTime();
        generate(model.get(), call);
        generation = Optional.of(time.nanoTime() - begun);
      }
    } catch (LlmException failed) {
      failure = Optional.of(failed.error());
    } catch (RuntimeException bug) {
      events.threw(call, bug);
      failure = Optional.of(new LlmError.Internal());
    }
    return new Attempt(time.nanoTime() - began, ping, status, generation, failure);
  }

  private OptionalInt ping(ConnectionWarmer by, Call call) throws LlmException {
    Call own = call.child(pingPatience.orElse(call.deadline().budget()));
    try {
      return by.ping(own);
    } catch (LlmException failed) {
      Optional<CancelReason> reason = own.cancelled();
      throw reason.isPresent() ? stopped(reason.get(), own) : failed;
    } finally {
      own.end();
    }
  }

  private void generate(ModelName model, Call call) throws LlmException {
    Call own = call.child(GENERATION_PATIENCE);
    try {
      models.generateFromNothing(model, own);
    } finally {
      own.end();
    }
  }

  private LlmException stopped(CancelReason reason, Call call) {
    return new LlmException(
        reason.isFailure()
            ? new LlmError.DeadlineExceeded(reason, operation, call.deadline().budget())
            : new LlmError.Cancelled(reason));
  }
}
