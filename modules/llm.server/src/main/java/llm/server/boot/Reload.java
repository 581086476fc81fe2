package llm.server.boot;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import llm.core.config.ConfigException;
import llm.core.config.ConfigProblem;
import llm.core.conversation.Conversations;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.server.api.AdminEndpoints.Outcome;

/**
 * Follows a changed configuration while the server runs:
 *
 * <ol>
 *   <li>The files are read again, and the environment's references in them; flags stay.
 *   <li>What is wrong anywhere is told, and nothing is followed: the old configuration goes on.
 *   <li>Else requests that begin from now on see the new one as a whole, those under way the old
 *       one to their ends; what only a start can change is told by its keys.
 * </ol>
 *
 * One at a time. Thread-safe.
 */
final class Reload {
  /** Beginnings of the keys that are followed. */
  private static final List<String> FOLLOWED =
      List.of(
          "routes.",
          "resilience.",
          "providers.",
          "auth.",
          "gateway.",
          "limits.",
          Settings.MODELS,
          Settings.PROMPTS);

  /** Keys among them that are not: what they are about is handed out already. */
  private static final Set<String> NOT_FOLLOWED =
      Set.of("gateway.embedding_bytes", "limits.store", "limits.buckets_per_rule");

  private final Settings started;
  private final Reader reader;
  private final Gateway gateway;
  private final Conversations conversations;
  private final Log log;
  private final BiConsumer<Settings, Gateway> publish;
  private final ReentrantLock turn = new ReentrantLock();
  private Settings followed; // guarded by turn

  /** Reads the files as the start did. */
  @FunctionalInterface
  interface Reader {
    /**
     * All but the models' file, which is read when it is asked for.
     *
     * @throws ConfigException when one cannot be read at all
     */
    Settings read() throws ConfigException;
  }

  /**
   * A reload of what was started from {@code started}.
   *
   * @param publish has new requests answered as the settings say, by the gateway
   */
  Reload(
      Settings started,
      Reader reader,
      Gateway gateway,
      Conversations conversations,
      Log log,
      BiConsumer<Settings, Gateway> publish) {
    this.started = started;
    this.followed = started;
    this.reader = reader;
    this.gateway = gateway;
    this.conversations = conversations;
    this.log = log;
    this.publish = publish;
  }

  /** Reads and follows, or says why not. Blocks while files are read; no network is waited for. */
  Outcome run() {
    turn.lock();
    try {
      return told(follow());
    } catch (ConfigException refused) {
      return told(Outcome.refused(refused.problems()));
    } finally {
      turn.unlock();
    }
  }

  private Outcome follow() throws ConfigException {
    Settings read = reader.read();
    Gateway.Change change = gateway.read(read.root(), read::catalogue);
    boolean good = false;
    try {
      read.requireProviders(change.pinned());
      read.verify();
      requireGuarded(read);
      SortedSet<String> changed = read.changedFrom(followed);
      SortedSet<String> waiting = read.changedFrom(started);
      changed.removeIf(key -> !isFollowed(key, change.waiting()));
      waiting.removeIf(key -> isFollowed(key, change.waiting()));
      publish.accept(read, change.pinned());
      change.apply();
      good = true;
      conversations.follow(read.prompts());
      followed = read;
      return Outcome.followed(List.copyOf(changed), List.copyOf(waiting));
    } finally {
      if (!good) {
        change.discard();
      }
    }
  }

  /** The address stays, whatever the file says of it now: without keys it must be loopback's. */
  private void requireGuarded(Settings read) throws ConfigException {
    String host = started.http().host();
    if (!read.auth().hasKeys() && !isLoopback(host)) {
      throw new ConfigException(
          List.of(
              new ConfigProblem(
                  "the running server",
                  0,
                  "auth.keys",
                  "must not become empty while it listens on "
                      + host
                      + ", which other machines can reach")));
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }

  private static boolean isFollowed(String key, Set<String> waiting) {
    Optional<String> kept =
        waiting.stream().filter(id -> key.startsWith("providers." + id + ".")).findFirst();
    return kept.isEmpty()
        && !NOT_FOLLOWED.contains(key)
        && FOLLOWED.stream().anyMatch(key::startsWith);
  }

  private Outcome told(Outcome outcome) {
    if (outcome.isFollowed()) {
      log.info("config_reloaded")
          .put("changed", String.join(",", outcome.changed()))
          .put("restart_needed", String.join(",", outcome.restartNeeded()))
          .emit();
    } else {
      outcome
          .problems()
          .forEach(
              problem -> log.error("config_refused").put("message", problem.toString()).emit());
    }
    return outcome;
  }
}
