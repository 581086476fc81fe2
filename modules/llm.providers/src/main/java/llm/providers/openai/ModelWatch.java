package llm.providers.openai;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.core.dialect.openai.upstream.ModelList;
import llm.core.provider.ProviderContext;
import llm.core.telemetry.Log;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ProviderHealth.Status;
import llm.providers.transport.UpstreamResponse;

/**
 * Knows how an upstream is and which models it lists: asks it in the background, and learns from
 * the requests that go to it anyway. Says in the log when that changes. Thread-safe.
 */
final class ModelWatch implements AutoCloseable {
  private static final String MODELS = "/models";
  private static final int SERVER_ERROR = 500;
  private static final int MOST_BYTES = 16 * 1024 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration WHILE_DOWN = Duration.ofSeconds(5);
  private static final ProviderHealth FRESH =
      new ProviderHealth(Status.DEGRADED, "Not reached yet.");
  private static final ProviderHealth SERVES = new ProviderHealth(Status.UP, "Answers.");

  private final UpstreamSettings settings;
  private final Exchange exchange;
  private final ProviderContext context;
  private final BooleanSupplier isFull;
  private final Log log;
  private final AtomicReference<ProviderHealth> health = new AtomicReference<>(FRESH);
  private volatile List<String> models;
  private volatile Set<String> known;

  private final Object lock = new Object();
  private Registration alarm = () -> {}; // guarded by lock
  private CallScope asking; // guarded by lock; null: not asking now
  private boolean closed; // guarded by lock
  private long rounds; // guarded by lock

  /**
   * A watch that has not begun.
   *
   * @param isFull whether requests may have all the connections there are
   */
  ModelWatch(
      UpstreamSettings settings,
      Exchange exchange,
      ProviderContext context,
      BooleanSupplier isFull) {
    this.settings = settings;
    this.exchange = exchange;
    this.context = context;
    this.isFull = isFull;
    this.log = context.telemetry().log("llm.provider");
    this.models = settings.models();
    this.known = Set.copyOf(models);
  }

  /** Begins to ask, in a thread of its own. */
  void start() {
    Thread.ofVirtual().name("models-" + settings.name()).start(this::round);
  }

  /** The models it lists, in its order. */
  List<String> models() {
    return models;
  }

  /** Whether it lists this model. */
  boolean lists(String model) {
    return known.contains(model);
  }

  /** How it is. */
  ProviderHealth health() {
    return health.get();
  }

  /** A request was accepted. */
  void served() {
    if (health.get().status() == Status.DOWN) {
      become(SERVES);
    }
  }

  /** A request failed; only what is not about the request says something of the upstream. */
  void failed(LlmError error) {
    if (isDown(error) && health.get().status() != Status.DOWN) {
      soon();
    }
    if (isDown(error)) {
      become(new ProviderHealth(Status.DOWN, error.message()));
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      alarm.close();
      if (asking != null) {
        asking.cancel(CancelReason.SHUTDOWN);
      }
    }
  }

  private void round() {
    CallScope call = begin();
    if (call == null) {
      return;
    }
    try (call) {
      ask(call);
    } catch (LlmException failure) {
      learn(failure.error());
    } catch (RuntimeException bug) {
      log.error("models_failed").put("provider", settings.name()).cause(bug).emit();
    } finally {
      again();
    }
  }

  private CallScope begin() {
    synchronized (lock) {
      if (closed || asking != null) {
        return null;
      }
      asking =
          CallScope.open(
              new CallId("models-" + settings.name() + "-" + ++rounds),
              Principal.LOCAL,
              Optional.empty(),
              PATIENCE,
              context.alarms(),
              failure -> log.error("hook_failed").cause(failure).emit());
      return asking;
    }
  }

  private void again() {
    Duration wait = settings.refresh();
    if (health.get().status() != Status.UP && wait.compareTo(WHILE_DOWN) > 0) {
      wait = WHILE_DOWN;
    }
    synchronized (lock) {
      asking = null;
      arm(wait);
    }
  }

  /** What was up is down: it is asked again before its time, unless it is being asked now. */
  private void soon() {
    synchronized (lock) {
      if (asking == null && settings.refresh().compareTo(WHILE_DOWN) > 0) {
        arm(WHILE_DOWN);
      }
    }
  }

  /** Sets the one alarm anew; the lock is held. */
  private void arm(Duration wait) {
    alarm.close();
    if (!closed) {
      alarm = context.alarms().at(context.time().nanoTime() + wait.toNanos(), this::start);
    }
  }

  private void ask(CallScope call) throws LlmException {
    try (UpstreamResponse response = exchange.get(MODELS, call)) {
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
