package llm.core.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * One key, one answer: who asks first has it made, who asks meanwhile is told the same from its
 * beginning, who asks later gets what was kept. Keys are their principal's own.
 *
 * <p>Kept are answers that succeeded. They are in memory and, where there is a store, in that too,
 * before their end is told. After a failure the next request with the key begins anew. Thread-safe.
 */
public final class Idempotency implements AutoCloseable {
  private static final Duration SWEEP = Duration.ofMinutes(10);
  private static final Duration ASK_AGAIN = Duration.ofSeconds(2);
  private static final Duration ASK_SOON = Duration.ofSeconds(1);

  private final IdempotencySettings settings;
  private final Optional<Archive> archive;
  private final Alarms alarms;
  private final Log log;
  private final IdempotencyMetrics metrics;
  private final Room room;
  private final Shelf shelf; // guarded by this
  private final Map<String, Run> running = new HashMap<>(); // guarded by this
  private final Map<String, Lease> leases = new HashMap<>(); // guarded by this
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private Registration nextSweep = () -> {}; // guarded by this
  private boolean closed; // guarded by this

  /**
   * Keys without answers.
   *
   * @param store where answers outlive the process; empty: nowhere
   */
  public Idempotency(
      IdempotencySettings settings,
      Optional<LogStore> store,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids) {
    this.settings = settings;
    this.archive = store.map(logs -> new Archive(logs, ids, alarms.time()));
    this.alarms = alarms;
    this.log = telemetry.log("llm.idempotency");
    this.shelf = new Shelf(settings.memoryBytes(), settings.kept());
    this.room = new Room(settings.runningBytes());
    this.metrics =
        new IdempotencyMetrics(telemetry.metrics(), this::bytes, this::running, room::held);
  }

  /** What a request with a key gets. */
  public sealed interface Claim {
    /** The run whose answer the caller is to make now. */
    record First(Run run) implements Claim {}

    /** A run that is under way. */
    record Attached(Run run) implements Claim {}

    /** An answer that was made. */
    record Replayed(KeptAnswer answer) implements Claim {}
  }

  /**
   * Looks what becomes of a request. Blocks as long as the store does.
   *
   * @throws LlmException with {@code IdempotencyKeyReused}, {@code Conflict} when another server
   *     makes the answer, {@code StoreUnavailable}
   */
  public Claim claim(IdempotencyKey key, Fingerprint request, Principal principal)
      throws LlmException {
    String id = id(key, principal);
    Instant now = alarms.time().now();
    var use = new FirstUse(principal.name(), request, now, now.plus(settings.life()));
    Optional<KeptAnswer> kept;
    Run run;
    boolean isFirst;
    synchronized (this) {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(ASK_AGAIN));
      }
      kept = shelf.find(id, now);
      run = running.get(id);
      isFirst = kept.isEmpty() && run == null;
      if (isFirst) {
        run = new Run(id, use, settings, room, alarms, new Keeper());
        running.put(id, run);
      }
    }
    if (kept.isPresent()) {
      return replay(kept.get(), request);
    }
    if (!isFirst) {
      requireSettled(run, request);
      requireSame(run.use(), request);
      metrics.attached();
      return new Claim.Attached(run);
    }
    Optional<KeptAnswer> found = claimInStore(run);
    if (found.isPresent()) {
      return replay(found.get(), request);
    }
    metrics.first();
    return new Claim.First(run);
  }

  private Claim replay(KeptAnswer answer, Fingerprint request) throws LlmException {
    requireSame(answer.use(), request);
    metrics.replayed();
    return new Claim.Replayed(answer);
  }

  /** Of one that is still asking the store it is not known yet whether the key is its own. */
  private void requireSettled(Run run, Fingerprint request) throws LlmException {
    if (!run.isSettled() && !run.use().request().equals(request)) {
      throw elsewhere(ASK_SOON);
    }
  }

  private void requireSame(FirstUse first, Fingerprint request) throws LlmException {
    if (first.request().equals(request)) {
      return;
    }
    metrics.mismatched();
    boolean sameEndpoint = first.request().endpoint().equals(request.endpoint());
    throw new LlmException(
        new LlmError.IdempotencyKeyReused(
            "This "
                + IdempotencyKey.HEADER
                + " was first used at "
                + first.at().truncatedTo(ChronoUnit.SECONDS)
                + " for "
                + first.request().endpoint()
                + (sameEndpoint ? " with another body" : "")
                + "; take a new key for another request. It is free again at "
                + first.expires().truncatedTo(ChronoUnit.SECONDS)
                + "."));
  }

  private LlmException elsewhere(Duration after) {
    metrics.inFlight();
    return new LlmException(
        new LlmError.Conflict(
            "Another server is answering the first request with this "
                + IdempotencyKey.HEADER
                + "; ask again.",
            Optional.of(after)));
  }

  /** Asks the store; what it kept is told to those, too, who came meanwhile. */
  private Optional<KeptAnswer> claimInStore(Run run) throws LlmException {
    if (archive.isEmpty()) {
      run.settle();
      return Optional.empty();
    }
    boolean isOurs = false;
    try {
      switch (archive.get().claim(run.id(), run.use())) {
        case Archive.Found.Claimed(LogPoint at) -> {
          lease(run, at);
          isOurs = true;
        }
        case Archive.Found.Answered(KeptAnswer answer) -> {
          answered(run, answer);
          isOurs = true;
          return Optional.of(answer);
        }
        case Archive.Found.Elsewhere(FirstUse use) -> {
          requireSame(use, run.use().request());
          throw elsewhere(ASK_AGAIN);
        }
      }
      return Optional.empty();
    } catch (StoreException failure) {
      metrics.storeAway();
      throw new LlmException(
          new LlmError.StoreUnavailable(
              "Idempotency keys are kept in the store: " + failure.getMessage(),
              Optional.of(ASK_AGAIN)),
          failure);
    } catch (LlmException refused) {
      run.refuse(refused.error());
      isOurs = true;
      throw refused;
    } finally {
      if (!isOurs) {
        run.refuse(
            new LlmError.StoreUnavailable(
                "Idempotency keys are kept in the store, which does not answer.",
                Optional.of(ASK_AGAIN)));
      }
    }
  }

  private void answered(Run run, KeptAnswer answer) {
    synchronized (this) {
      running.remove(run.id(), run);
      shelf.put(run.id(), answer);
    }
    if (answer.use().request().equals(run.use().request())) {
      run.answered(answer);
    } else {
      run.refuse(elsewhere(ASK_SOON).error()); // who waits may have the right request
    }
  }

  private void lease(Run run, LogPoint at) {
    var lease = new Lease(run.id(), at, archive.orElseThrow(), alarms, log);
    synchronized (this) {
      leases.put(run.id(), lease);
    }
    run.settle();
    lease.schedule();
  }

  private static String id(IdempotencyKey key, Principal principal) {
    byte[] both = (principal.name() + "\n" + key.value()).getBytes(UTF_8);
    return HexFormat.of().formatHex(Fingerprint.sha256().digest(both));
  }

  private synchronized long bytes() {
    return shelf.bytes();
  }

  private synchronized int running() {
    return running.size();
  }

  /** Begins to look after what is over, now and then. */
  public void start() {
    Thread.startVirtualThread(this::sweep);
  }

  private void sweep() {
    if (sweeping.getAndSet(true)) {
      return;
    }
    try {
      synchronized (this) {
        shelf.sweep(alarms.time().now());
      }
      if (archive.isPresent()) {
        archive.get().sweep(settings.kept());
      }
    } catch (StoreException failure) {
      log.warn("idempotency_sweep_failed").put("message", failure.getMessage()).emit();
    } finally {
      sweeping.set(false);
      scheduleSweep();
    }
  }

  private synchronized void scheduleSweep() {
    if (!closed) {
      nextSweep = alarms.at(alarms.time().nanoTime() + SWEEP.toNanos(), this::start);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    nextSweep.close();
  }

  /** What becomes of runs. */
  private final class Keeper implements Run.Owner {
    @Override
    public boolean keep(Run run, KeptAnswer answer) {
      Optional<StoreException> failure;
      try {
        failure = keepInStore(run, answer);
      } catch (RuntimeException | Error bug) {
        forget(run); // or the key would be held for ever
        throw bug;
      }
      // What another server has taken over is that one's; what the store could not take is ours.
      boolean isLost =
          failure.filter(it -> it.reason() == StoreException.Reason.CONFLICT).isPresent();
      boolean isKept;
      synchronized (Idempotency.this) {
        isKept = !isLost && shelf.put(run.id(), answer);
        running.remove(run.id(), run);
      }
      failure.ifPresent(
          it -> log.warn("idempotent_answer_not_stored").put("message", it.getMessage()).emit());
      boolean isThere = isKept || !isLost && failure.isEmpty() && archive.isPresent();
      if (!isThere) {
        metrics.notKept();
      }
      return isThere;
    }

    private Optional<StoreException> keepInStore(Run run, KeptAnswer answer) {
      Optional<Lease> lease = takeLease(run);
      try {
        if (lease.isPresent()) {
          lease.get().keep(answer);
        }
        return Optional.empty();
      } catch (StoreException failure) {
        return Optional.of(failure);
      }
    }

    @Override
    public void drop(Run run, boolean isTooLong) {
      if (isTooLong) {
        metrics.notKept();
      }
      try {
        takeLease(run).ifPresent(Lease::release);
      } finally {
        forget(run);
      }
    }

    private void forget(Run run) {
      synchronized (Idempotency.this) {
        running.remove(run.id(), run);
      }
    }

    private Optional<Lease> takeLease(Run run) {
      synchronized (Idempotency.this) {
        return Optional.ofNullable(leases.remove(run.id()));
      }
    }
  }
}
