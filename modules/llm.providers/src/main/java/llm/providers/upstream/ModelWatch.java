package llm.providers.upstream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.Turn;
import llm.core.dialect.upstream.ModelList;
import llm.core.provider.ProviderContext;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ProviderHealth.Status;
import llm.domain.port.WarmPlan;
import llm.providers.transport.UpstreamResponse;

/**
 * Knows how an upstream is and which models it lists: asks it in the background, and learns from
 * the requests that go to it anyway. Says in the log when that changes. It is what pings go
 * through, too, so that there is one question at a time. Thread-safe.
 */
final class ModelWatch implements ConnectionWarmer, AutoCloseable {
  private static final int SERVER_ERROR = 500;
  private static final int MOST_BYTES = 16 * 1024 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration WHILE_DOWN = Duration.ofSeconds(5);
  private static final ProviderHealth FRESH =
      new ProviderHealth(Status.DEGRADED, "Not reached yet.");
  private static final ProviderHealth SERVES = new ProviderHealth(Status.UP, "Answers.");

  private final Upstream settings;
  private final Exchange exchange;
  private final ProviderContext context;
  private final BooleanSupplier isFull;
  private final Log log;
  private final AtomicReference<ProviderHealth> health = new AtomicReference<>(FRESH);
  private volatile List<String> models;
  private volatile Set<String> known;

  private final Turn turn;
  private final Rounds rounds;
  private final AtomicLong asked = new AtomicLong();
  private volatile boolean asking; // for its models; written by whose turn it is
  private volatile long answers; // to that question; written by whose turn it is
  private volatile int lastStatus; // of them; written before answers

  /**
   * A watch that has not begun.
   *
   * @param isFull whether requests may have all the connections there are
   */
  ModelWatch(
      Upstream settings, Exchange exchange, ProviderContext context, BooleanSupplier isFull) {
    this.settings = settings;
    this.exchange = exchange;
    this.context = context;
    this.isFull = isFull;
    this.log = context.telemetry().log("llm.provider");
    this.turn = new Turn("Provider '" + settings.name() + "'");
    this.rounds = new Rounds(context.alarms(), this::start);
    this.models = settings.models();
    this.known = Set.copyOf(models);
  }

  /** Begins to ask, in a thread of its own. */
  void start() {
    Thread.ofVirtual().name("models-" + settings.name()).start(this::round);
  }

  /** The models it lists, in its order. */
  List<String> models() {
    rounds.lookedAt(untilNext());
    return models;
  }

  /** Whether it lists this model. */
  boolean lists(String model) {
    return known.contains(model);
  }

  /** How it is; at rest, how it was when it was asked last, and this has it asked again. */
  ProviderHealth health() {
    rounds.lookedAt(untilNext());
    return health.get();
  }

  /** A request was accepted. */
  void served() {
    rounds.wake(untilNext());
    if (health.get().status() == Status.DOWN) {
      become(SERVES);
    }
  }

  /** A request failed; only what is not about the request says something of the upstream. */
  void failed(LlmError error) {
    rounds.wake(untilNext());
    if (!isDown(error)) {
      return;
    }
    boolean news = health.get().status() != Status.DOWN;
    become(new ProviderHealth(Status.DOWN, error.message()));
    if (news && !asking) {
      rounds.next(untilNext()); // before its time
    }
  }

  /** A request needs the place of the question under way. */
  void makeWay() {
    turn.cancelHolder(CancelReason.CLOSED);
  }

  @Override
  public Optional<WarmPlan> plan() {
    return settings.warm().plan();
  }

  @Override
  public OptionalInt ping(Call call) throws LlmException {
    rounds.wake(untilNext());
    if (settings.warm().asksFor(settings.modelsPath())) {
      return OptionalInt.of(askInTurn(call));
    }
    turn.take(call);
    try {
      requirePlace();
      int status = exchange.ping(settings.warm().pingMethod(), settings.warm().pingPath(), call);
      exchange.warm(call);
      return OptionalInt.of(status);
    } finally {
      turn.give();
    }
  }

  @Override
  public void rest() {
    rounds.rest();
  }

  @Override
  public void close() {
    rounds.close();
    turn.close();
  }

  private void round() {
    var id = new CallId("models-" + settings.name() + "-" + asked.incrementAndGet());
    try (CallScope call =
        CallScope.open(
            id,
            Principal.LOCAL,
            Optional.empty(),
            PATIENCE,
            context.alarms(),
            failure -> log.error("hook_failed").cause(failure).emit())) {
      askInTurn(call);
    } catch (LlmException failure) {
      log.debug("models_not_told")
          .put("provider", settings.name())
          .put("error", failure.error().code().wireName())
          .emit();
    } catch (RuntimeException bug) {
      log.error("models_failed").put("provider", settings.name()).cause(bug).emit();
    }
  }

  /** Asks for the models, unless that was answered while this waited; gives the answer's status. */
  private int askInTurn(Call call) throws LlmException {
    long before = answers;
    try {
      turn.take(call);
      try {
        return answers == before ? askNow(call) : lastStatus;
      } finally {
        turn.give();
      }
    } finally {
      rounds.next(untilNext());
    }
  }

  private int askNow(Call call) throws LlmException {
    asking = true;
    try {
      requirePlace();
      return answered(ask(call));
    } catch (LlmException failure) {
      learn(failure.error());
      if (failure.error() instanceof LlmError.ProviderRefused(_, int status, _, _, _)) {
        return answered(status);
      }
      throw failure;
    } finally {
      asking = false;
    }
  }

  private int answered(int status) {
    lastStatus = status;
    answers++;
    return status;
  }

  /** Where requests have all the connections, one is warm. */
  private void requirePlace() throws LlmException {
    if (isFull.getAsBoolean()) {
      throw new LlmException(exchange.full());
    }
  }

  private Duration untilNext() {
    Duration wait = settings.refresh();
    boolean soon = health.get().status() != Status.UP && wait.compareTo(WHILE_DOWN) > 0;
    return soon ? WHILE_DOWN : wait;
  }

  private int ask(Call call) throws LlmException {
    int status;
    try (UpstreamResponse response = exchange.get(settings.modelsPath(), call)) {
      status = response.status();
      byte[] body = exchange.whole(response, MOST_BYTES, call);
      if (settings.models().isEmpty()) {
        list(ModelList.read(body, exchange.failures()));
      }
    }
    become(
        models.isEmpty()
            ? new ProviderHealth(Status.DEGRADED, "Answers, but lists no models.")
            : new ProviderHealth(Status.UP, "Answers; " + models.size() + " models."));
    exchange.warm(call); // what was asked on may have been closed, or taken
    return status;
  }

  private void list(List<String> found) {
    if (!found.equals(models)) {
      known = Set.copyOf(found);
      models = found;
      log.info("models_listed").put("provider", settings.name()).put("models", found.size()).emit();
    }
  }

  /** A server that cannot list its models may serve those that are named. */
  private void learn(LlmError error) {
    boolean answers =
        error instanceof LlmError.ProviderRefused(_, int status, _, _, _)
            && status < SERVER_ERROR
            && !isDown(error);
    if (error instanceof LlmError.Cancelled) {
      return; // closed
    }
    if (waitedInVain(error)) {
      log.debug("upstream_busy").put("provider", settings.name()).emit();
      return; // what was not asked has said nothing
    }
    if (!answers) {
      become(new ProviderHealth(Status.DOWN, error.message()));
    } else if (settings.models().isEmpty()) {
      String remedy = " Name its models in the configuration (models).";
      become(new ProviderHealth(Status.DEGRADED, error.message() + "." + remedy));
    } else {
      become(SERVES);
    }
  }

  /** Whether there may have been no connection to ask on, because all of them work. */
  private boolean waitedInVain(LlmError error) {
    return error instanceof LlmError.Overloaded
        || error instanceof LlmError.DeadlineExceeded && isFull.getAsBoolean();
  }

  /** Nobody can be served: it is not there, or does not take our key. */
  private static boolean isDown(LlmError error) {
    return switch (error) {
      case LlmError.ProviderUnreachable _ -> true;
      case LlmError.ProviderRefused refused ->
          refused.httpStatus() == 401 || refused.httpStatus() == 403;
      default -> false;
    };
  }

  private void become(ProviderHealth now) {
    ProviderHealth before = health.getAndSet(now);
    if (before.status() == now.status()) {
      return;
    }
    boolean bad = now.status() != Status.UP;
    (bad ? log.warn("upstream_" + now.status().wireName()) : log.info("upstream_up"))
        .put("provider", settings.name())
        .put("detail", now.detail())
        .emit();
  }
}
