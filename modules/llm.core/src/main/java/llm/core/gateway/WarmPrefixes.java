package llm.core.gateway;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.concurrent.Alarms;
import llm.core.gateway.attempt.CallEnd;
import llm.core.gateway.attempt.GatewayMetrics;
import llm.core.gateway.attempt.Preparation;
import llm.core.gateway.attempt.RequestAccount;
import llm.core.gateway.attempt.Route;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.model.ModelName;
import llm.domain.port.EventPublisher;
import llm.domain.port.IdSource;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefix;
import llm.domain.prompt.WarmPrefixId;

/**
 * The beginnings of prompts that callers have their models keep. Each belongs to the principal that
 * asked for it and ends when that releases it, or by itself at its time; how many one principal may
 * have is bounded. The account of the asking is kept as of chat. Thread-safe.
 */
public final class WarmPrefixes {
  private final Editions editions;
  private final Preparation preparation;
  private final GatewayMetrics metrics;
  private final Alarms alarms;
  private final IdSource ids;
  private final EventPublisher<LlmEvent> events;
  private final Log log;
  private final Map<WarmPrefixId, Kept> kept = new LinkedHashMap<>(); // guarded by this
  private final Map<Principal, Integer> places = new HashMap<>(); // taken ones; guarded by this

  WarmPrefixes(
      Editions editions,
      Preparation preparation,
      GatewayMetrics metrics,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events,
      Log log) {
    this.editions = editions;
    this.preparation = preparation;
    this.metrics = metrics;
    this.alarms = alarms;
    this.ids = ids;
    this.events = events;
    this.log = log;
  }

  private record Kept(WarmPrefix prefix, Principal owner, PrefixWarmer warmer, Registration end) {}

  /**
   * Has the model read {@code prefix} and keep it, for the call's principal. Blocks until it is
   * read, at most as long as the call's deadline allows, and never longer than it would be kept.
   *
   * @param prefix messages, and tools, that later requests begin with; of the rest only its
   *     priority counts, which is {@code BACKGROUND} where nobody waits
   * @param keep for how long, from now on; more than 0, at most {@link WarmPrefix#LONGEST_KEEP}
   * @throws LlmException with {@code Unsupported} when the model's provider cannot, {@code
   *     Conflict} when the principal keeps too many, or what the provider has against it; nothing
   *     is kept then
   */
  public WarmPrefix warm(ChatRequest prefix, Duration keep, Call call) throws LlmException {
    WarmPrefix.requireLegal(keep);
    Edition edition = editions.enter(editions.current(), call);
    Edition.Step step = edition.firstStep(prefix.model());
    Route route = step.route();
    var account =
        new RequestAccount(call, route, alarms.time(), metrics, log, events)
            .operation("warm_prefix");
    try {
      PrefixWarmer warmer = warmer(route);
      forgetGivenUp(call.principal());
      takePlace(call.principal(), edition.settings().warmPrefixes());
      WarmPrefix made = null;
      try {
        made =
            read(
                step.overrides(route).apply(to(route, prefix)), keep, warmer, route, call, account);
      } finally {
        if (made == null) {
          freePlace(call.principal());
        }
      }
      account.warmed(made);
      return made;
    } catch (LlmException failure) {
      account.refused(failure.error());
      throw failure;
    } catch (RuntimeException | Error bug) {
      account.refused(new LlmError.Internal());
      throw bug;
    }
  }

  /**
   * Ends the keeping of a prefix.
   *
   * @return false when {@code owner} has none of this id
   */
  public boolean release(WarmPrefixId id, Principal owner) {
    synchronized (this) {
      Kept found = kept.get(id);
      if (found == null || !found.owner().equals(owner)) {
        return false;
      }
    }
    return end(id, "released");
  }

  /** What {@code owner} has and its models still keep, in the order it came. */
  public List<WarmPrefix> of(Principal owner) {
    forgetGivenUp(owner);
    return ownedBy(owner).stream().map(Kept::prefix).toList();
  }

  /** Forgets all of them: the providers that keep them are about to close. */
  void close() {
    List<WarmPrefixId> all;
    synchronized (this) {
      all = List.copyOf(kept.keySet());
    }
    all.forEach(id -> end(id, "closed"));
  }

  private static ChatRequest to(Route route, ChatRequest prefix) {
    return prefix.withModel(new ModelName(route.model()));
  }

  private static PrefixWarmer warmer(Route route) throws LlmException {
    return route
        .provider()
        .prefixes(new ModelName(route.model()))
        .orElseThrow(() ->
            new LlmException(
                new LlmError.Unsupported(
                    "model",
                    CallEnd.nameOf(route)
                        + " keeps no prefixes warm: its provider '"
                        + route.provider().id()
                        + "' has no way to ask for that; models of 'local' do.")));
  }

  private WarmPrefix read(
      ChatRequest prefix,
      Duration keep,
      PrefixWarmer warmer,
      Route route,
      Call call,
      RequestAccount account)
      throws LlmException {
    Instant expires = alarms.time().now().plus(keep);
    long expiresNanos = alarms.time().nanoTime() + keep.toNanos();
    var id = WarmPrefixId.create(ids);
    Call bounded = call.child(keep); // one that is read after its end would be of no use
    try {
      Preparation.Prepared ready = preparation.prepare(prefix, route, bounded, account);
      Usage usage =
          CallEnd.ask(
              ready.call(), route, log, () -> warmer.warm(id, ready.wire(), keep, ready.call()));
      var made =
          new WarmPrefix(id, prefix.model(), usage.promptTokens(), usage.cachedTokens(), expires);
      keep(made, call.principal(), warmer, expiresNanos);
      return made;
    } finally {
      bounded.end();
    }
  }

  private void keep(WarmPrefix made, Principal owner, PrefixWarmer warmer, long untilNanos) {
    synchronized (this) {
      kept.put(made.id(), new Kept(made, owner, warmer, () -> {}));
      metrics.warmPrefixes(1);
    }
    Registration alarm = alarms.at(untilNanos, () -> end(made.id(), "expired"));
    synchronized (this) {
      if (kept.replace(made.id(), new Kept(made, owner, warmer, alarm)) != null) {
        return;
      }
    }
    alarm.close(); // it ended meanwhile
  }

  private synchronized List<Kept> ownedBy(Principal owner) {
    return kept.values().stream().filter(one -> one.owner().equals(owner)).toList();
  }

  /** A model may give a prefix up before its time; it tells when it is asked. */
  private void forgetGivenUp(Principal owner) {
    for (Kept one : ownedBy(owner)) {
      if (!isHeld(one)) {
        end(one.prefix().id(), "given_up");
      }
    }
  }

  private boolean isHeld(Kept one) {
    try {
      return one.warmer().holds(one.prefix().id());
    } catch (RuntimeException bug) {
      logBug(one.prefix().id(), bug);
      return true; // as far as is known
    }
  }

  private void release(Kept gone) {
    try {
      gone.warmer().release(gone.prefix().id());
    } catch (RuntimeException bug) {
      logBug(gone.prefix().id(), bug); // it is forgotten here, and the others' turn comes
    }
  }

  private void logBug(WarmPrefixId id, RuntimeException bug) {
    log.error("provider_threw").put("warm_prefix", id.value()).cause(bug).emit();
  }

  private boolean end(WarmPrefixId id, String why) {
    Kept gone;
    synchronized (this) {
      gone = kept.remove(id);
      if (gone == null) {
        return false;
      }
      metrics.warmPrefixes(-1);
      freePlace(gone.owner());
    }
    gone.end().close();
    release(gone);
    log.debug("warm_prefix_ended").put("warm_prefix", id.value()).put("reason", why).emit();
    return true;
  }

  private synchronized void takePlace(Principal owner, int most) throws LlmException {
    if (places.getOrDefault(owner, 0) >= most) {
      throw new LlmException(
          new LlmError.Conflict(
              most
                  + " prefixes are kept warm for '"
                  + owner.name()
                  + "' already, as many as gateway.warm_prefixes_per_principal allows; release one,"
                  + " or wait until one ends by itself."));
    }
    places.merge(owner, 1, Integer::sum);
  }

  private synchronized void freePlace(Principal owner) {
    places.computeIfPresent(owner, (_, taken) -> taken > 1 ? taken - 1 : null);
  }
}
