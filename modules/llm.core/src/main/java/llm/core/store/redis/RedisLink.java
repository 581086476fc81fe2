package llm.core.store.redis;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import llm.core.concurrent.Alarms;
import llm.core.store.StoreTexts;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Registration;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.SetParams;

/**
 * The connections to a Redis, and whether it is there. A small write is tried at intervals; while
 * that fails whoever asks is refused at once, so that nobody waits for a Redis that is away.
 * Thread-safe.
 */
final class RedisLink {
  private static final Duration WHILE_UP = Duration.ofSeconds(5);
  private static final Duration WHILE_DOWN = Duration.ofSeconds(1);
  private static final String TRIAL_KEY = "llm:trial";
  private static final long TRIAL_MILLIS = 60_000;
  private static final int USERS = 2;

  private enum State {
    UNKNOWN,
    UP,
    DOWN
  }

  private final RedisSettings settings;
  private final Duration timeLimit;
  private final Alarms alarms;
  private final Executor background;
  private final Log log;
  private final AtomicInteger users = new AtomicInteger(USERS);
  private volatile State state = State.UNKNOWN; // set under this
  private volatile RedisClient client; // made by the first who needs it, under this
  private Registration next = () -> {}; // guarded by this
  private boolean closed; // guarded by this

  RedisLink(
      RedisSettings settings,
      Duration timeLimit,
      Alarms alarms,
      Executor background,
      Telemetry telemetry) {
    this.settings = settings;
    this.timeLimit = timeLimit;
    this.alarms = alarms;
    this.background = background;
    this.log = telemetry.log("llm.store");
    background.execute(this::tryAndGoOn);
  }

  boolean isUp() {
    return state == State.UP;
  }

  /** Asks what may be asked twice: a connection that ended while it was idle is not told. */
  <T> T ask(Function<RedisClient, T> question) throws StoreException {
    checkNotDown();
    try {
      return answered(question);
    } catch (JedisConnectionException lost) {
      if (hasTimedOut(lost) || isInterrupted(lost)) {
        throw failed(lost);
      }
    } catch (JedisException refused) {
      throw failed(refused);
    }
    return askOnce(question);
  }

  /** Asks what has another answer the second time. */
  <T> T askOnce(Function<RedisClient, T> question) throws StoreException {
    checkNotDown();
    try {
      return answered(question);
    } catch (JedisException failure) {
      throw failed(failure);
    }
  }

  private <T> T answered(Function<RedisClient, T> question) throws StoreException {
    RedisClient asked = client();
    try {
      T answer = question.apply(asked);
      become(State.UP, null);
      return answer;
    } catch (JedisConnectionException lost) {
      asked.getPool().clear(); // the others that are idle were lost with it
      throw lost;
    }
  }

  private RedisClient client() throws StoreException {
    RedisClient made = client;
    if (made != null) {
      return made;
    }
    synchronized (this) {
      if (closed) {
        throw StoreTexts.closed();
      }
      if (client == null) {
        client = RedisClients.create(settings, timeLimit);
      }
      return client;
    }
  }

  private void checkNotDown() throws StoreException {
    if (state == State.DOWN) {
      throw away(null);
    }
  }

  private StoreException failed(JedisException failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof JedisDataException && message.startsWith("OOM")) {
      return new StoreException(
          Reason.FULL, "Redis holds as much as it may (its maxmemory).", failure);
    }
    if (failure instanceof JedisDataException && message.contains("WRONGTYPE")) {
      return new StoreException(
          Reason.DAMAGED, "A key of the log holds something else in Redis.", failure);
    }
    if (isInterrupted(failure)) { // the asker's doing, which says nothing of Redis
      Thread.currentThread().interrupt();
      return new StoreException(Reason.UNAVAILABLE, "Asking Redis was interrupted.", failure);
    }
    become(State.DOWN, failure);
    return away(failure);
  }

  private static boolean isInterrupted(JedisException failure) {
    boolean waiting = failure.getCause() instanceof InterruptedException;
    return waiting || Thread.currentThread().isInterrupted();
  }

  private static StoreException away(Exception cause) {
    return new StoreException(Reason.UNAVAILABLE, "Redis does not answer; try again.", cause);
  }

  private static boolean hasTimedOut(JedisConnectionException lost) {
    return lost.getCause() instanceof SocketTimeoutException;
  }

  private void become(State now, Exception why) {
    if (state == now) {
      return;
    }
    State before;
    synchronized (this) {
      before = state;
      if (before == now || closed) {
        return;
      }
      state = now;
      if (now == State.DOWN) {
        schedule(WHILE_DOWN);
      }
    }
    if (now == State.UP) {
      log.info("redis_connected").put("address", settings.address()).emit();
    } else {
      log.warn("redis_unavailable")
          .put("address", settings.address())
          .put("message", "Tried again every second.")
          .cause(why)
          .emit();
    }
  }

  private void tryAndGoOn() {
    boolean wasUp = isUp();
    try {
      var life = SetParams.setParams().px(TRIAL_MILLIS);
      answered(asked -> asked.set(settings.keyPrefix() + TRIAL_KEY, "1", life));
      if (!wasUp) {
        RedisReport.tell(client(), settings, log);
      }
    } catch (JedisException failure) {
      if (failed(failure).reason() == Reason.FULL) {
        become(State.UP, null); // it answers, and gives out what it has
      }
    } catch (StoreException closing) {
      return;
    } catch (RuntimeException bug) {
      log.error("redis_trial_failed").cause(bug).emit(); // and tried again all the same
    }
    synchronized (this) {
      schedule(isUp() ? WHILE_UP : WHILE_DOWN);
    }
  }

  private synchronized void schedule(Duration in) {
    next.close();
    if (!closed) {
      next =
          alarms.at(
              alarms.time().nanoTime() + in.toNanos(), () -> background.execute(this::tryAndGoOn));
    }
  }

  /** One of the stores needs it no more. */
  void release() {
    if (users.decrementAndGet() > 0) {
      return;
    }
    RedisClient last;
    synchronized (this) {
      closed = true;
      next.close();
      last = client;
    }
    if (last != null) {
      last.close();
    }
  }
}
