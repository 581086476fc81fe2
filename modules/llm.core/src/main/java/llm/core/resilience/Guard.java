package llm.core.resilience;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Call;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * What is known of one provider beside its configuration: how it fared of late, how many are with
 * it, what retries it may get. Thread-safe.
 *
 * <p>There is a breaker for the provider, which counts that it cannot be reached, and one for each
 * of its models that failed, which counts what it fails to answer.
 */
public final class Guard {
  /** Models of one provider that have breakers; more are kept from nothing but the provider's. */
  static final int MOST_MODELS = 1_000;

  private static final String ALL = "*"; // stands for the model where all are meant

  private final String provider;
  private final Alarms alarms;
  private final Log log;
  private final Metrics.Gauge states;
  private final Metrics.Gauge inUse;
  private final boolean breaks;
  private final RetryBudget budget;
  private final Permits permits;
  private final Breaker reach;
  private final Map<String, Breaker> models = new ConcurrentHashMap<>(); // those that failed

  Guard(String provider, boolean breaks, Alarms alarms, Log log, GuardMetrics metrics) {
    this.provider = provider;
    this.breaks = breaks;
    this.alarms = alarms;
    this.log = log;
    this.states = metrics.states();
    this.inUse = metrics.inUse().labels(provider);
    this.budget = new RetryBudget(alarms.time());
    Metrics.Gauge queued = metrics.queued().labels(provider);
    this.permits = new Permits(alarms, queued::add);
    this.reach = breaker(ALL);
    states.labels(provider, ALL).set(0);
  }

  /** Its retries. */
  public RetryBudget budget() {
    return budget;
  }

  /**
   * Leave to ask for {@code model}. Blocks while others are there, as the settings allow.
   *
   * @throws LlmException when it is left alone now, too many are there, or the call ends meanwhile
   */
  public Passage enter(String model, ProviderResilience settings, Call call) throws LlmException {
    var passage = new Held(model, settings);
    if (breaks) {
      passage.reach = reach.enter(settings.breaker());
      if (passage.reach == Breaker.REFUSED) {
        throw leftAlone(model, "Provider '" + provider + "' could not be reached", reach);
      }
      passage.ofModel = models.get(model);
      if (passage.ofModel != null) {
        passage.model = passage.ofModel.enter(settings.breaker());
        if (passage.model == Breaker.REFUSED) {
          reach.abandoned(passage.reach);
          throw leftAlone(model, "Model '" + model + "' failed", passage.ofModel);
        }
      }
    }
    if (!permits.take(settings.concurrency(), call)) {
      passage.giveTicketsBack();
      throw new LlmException(noPlace(settings.concurrency().most(), call));
    }
    inUse.add(1);
    return passage;
  }

  /** Whoever's own time was over, or who left, did not find too many there. */
  private LlmError noPlace(int most, Call call) {
    String operation = "The request, which waited for a place at provider '" + provider + "',";
    return call.cancelled()
        .<LlmError>map(why ->
            why.isFailure()
                ? new LlmError.DeadlineExceeded(why, operation, call.deadline().budget())
                : new LlmError.Cancelled(why))
        .orElseGet(() ->
            new LlmError.Overloaded(
                "places at provider '" + provider + "'", most, Permits.retryAfter()));
  }

  /**
   * Whether it told somebody who asked for {@code model} to come later than now. It says so of its
   * load or a quota, which others would meet as well.
   */
  public boolean wantsRest(String model) {
    Breaker failed = models.get(model);
    return failed != null && failed.isResting();
  }

  /** How long nobody who asks for {@code model} is let through; zero when somebody may be. */
  public Duration untilTrial(String model) {
    Breaker failed = models.get(model);
    Duration own = failed == null ? Duration.ZERO : failed.untilTrial();
    Duration all = reach.untilTrial();
    return own.compareTo(all) > 0 ? own : all;
  }

  /** What keeps requests from it now, in words; empty: nothing. */
  public Optional<String> state() {
    var said = new StringBuilder();
    tell(reach, "breaker", said);
    models.forEach((model, breaker) -> tell(breaker, "breaker of " + model, said));
    return said.isEmpty() ? Optional.empty() : Optional.of(said.toString());
  }

  private static void tell(Breaker breaker, String name, StringBuilder said) {
    Breaker.State state = breaker.state();
    if (state != Breaker.State.CLOSED && said.length() < 1_000) {
      said.append(said.isEmpty() ? "" : ", ").append(name).append(' ').append(word(state));
      if (state == Breaker.State.OPEN) {
        said.append(" for ").append(seconds(breaker.untilTrial())).append(" s");
      }
    }
  }

  private LlmException leftAlone(String model, String what, Breaker breaker) {
    Duration wait = breaker.untilTrial();
    String message =
        what
            + " "
            + breaker.failures()
            + " times in a row and is left alone; try again in "
            + seconds(wait)
            + " s.";
    return new LlmException(
        new LlmError.ModelUnavailable(
            model, message, Optional.of(Duration.ofSeconds(seconds(wait)))));
  }

  private static long seconds(Duration wait) {
    return Math.max(1, wait.plusMillis(999).toSeconds());
  }

  /** Of a model that has just failed; empty when there are too many. */
  private Optional<Breaker> breakerOf(String model) {
    Breaker known = models.get(model);
    if (known != null) {
      return Optional.of(known);
    }
    if (models.size() >= MOST_MODELS) {
      models.values().removeIf(one -> isForgettable(one));
    }
    return models.size() >= MOST_MODELS
        ? Optional.empty()
        : Optional.of(models.computeIfAbsent(model, this::breaker));
  }

  private static boolean isForgettable(Breaker one) {
    return one.state() == Breaker.State.CLOSED && one.failures() == 0 && !one.isResting();
  }

  private Breaker breaker(String model) {
    var made = new Breaker[1];
    made[0] = new Breaker(alarms.time(), () -> changed(model, made[0]));
    return made[0];
  }

  private void changed(String model, Breaker breaker) {
    Breaker.State state = breaker.state();
    states.labels(provider, model).set(state.ordinal());
    var line = state == Breaker.State.OPEN ? log.warn("breaker") : log.info("breaker");
    line.put("provider", provider)
        .put("model", model)
        .put("state", word(state))
        .put("failures", breaker.failures())
        .put("open_seconds", breaker.untilTrial().toMillis() / 1e3)
        .emit();
  }

  private static String word(Breaker.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /** Tickets of both breakers and a place. */
  private final class Held implements Passage {
    private final String name;
    private final ProviderResilience settings;
    private final AtomicBoolean ended = new AtomicBoolean();
    private long reach;
    private long model;
    private Breaker ofModel; // null: it has not failed

    private Held(String name, ProviderResilience settings) {
      this.name = name;
      this.settings = settings;
    }

    @Override
    public void began() {
      Guard.this.reach.began(reach);
      if (ofModel != null) {
        ofModel.began(model);
      }
    }

    @Override
    public void succeeded() {
      if (end()) {
        reached();
        if (ofModel != null) {
          ofModel.succeeded(model);
        }
      }
    }

    @Override
    public void failed(LlmError error) {
      if (!end()) {
        return;
      }
      switch (breaks ? Faults.blame(error) : Faults.Blame.UNKNOWN) {
        case PROVIDER -> {
          Guard.this.reach.failed(reach, settings.breaker());
          if (ofModel != null) {
            ofModel.abandoned(model);
          }
        }
        case MODEL -> {
          reached();
          failedOfModel(Faults.retryAfter(error));
        }
        case NOBODY -> {
          reached();
          if (ofModel != null) {
            ofModel.succeeded(model);
          }
        }
        case UNKNOWN -> giveTicketsBack();
      }
    }

    @Override
    public void abandoned() {
      if (end()) {
        giveTicketsBack();
      }
    }

    private void failedOfModel(Optional<Duration> rest) {
      Optional<Breaker> failed = ofModel != null ? Optional.of(ofModel) : breakerOf(name);
      failed.ifPresent(breaker -> {
        long ticket = ofModel != null ? model : breaker.ticket();
        breaker.failed(ticket, settings.breaker());
        rest.ifPresent(breaker::rest);
      });
    }

    private void reached() {
      if (breaks) {
        Guard.this.reach.succeeded(reach);
      }
    }

    private void giveTicketsBack() {
      if (breaks) {
        Guard.this.reach.abandoned(reach);
        if (ofModel != null) {
          ofModel.abandoned(model);
        }
      }
    }

    private boolean end() {
      if (!ended.compareAndSet(false, true)) {
        return false;
      }
      inUse.add(-1);
      permits.give();
      return true;
    }
  }
}
