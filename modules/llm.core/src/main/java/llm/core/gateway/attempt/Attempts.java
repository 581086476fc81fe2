package llm.core.gateway.attempt;

import llm.core.concurrent.Alarms;
import llm.core.gateway.attempt.Preparation.Prepared;
import llm.core.telemetry.Log;
import llm.core.tokens.PromptCount;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.port.EventPublisher;

/**
 * Asks one target for an answer, once, and keeps the account of it: what another target, or the
 * same one later, could do better is for the caller to see. Thread-safe.
 */
public final class Attempts {
  private final Preparation preparation;
  private final GatewayMetrics metrics;
  private final Alarms alarms;
  private final EventPublisher<LlmEvent> events;
  private final Log log;

  /** Attempts of requests that {@code preparation} finds good. */
  public Attempts(
      Preparation preparation,
      GatewayMetrics metrics,
      Alarms alarms,
      EventPublisher<LlmEvent> events,
      Log log) {
    this.preparation = preparation;
    this.metrics = metrics;
    this.alarms = alarms;
    this.events = events;
    this.log = log;
  }

  /**
   * A stream behind its guard. Blocks until the provider has accepted; the limit for the first
   * token holds from here on.
   *
   * @throws LlmException when it refused, or the request is wrong
   */
  public EventStream<StreamEvent> stream(ChatRequest request, Route route, Call call, Waits waits)
      throws LlmException {
    var account = account(route, call).chat(request, true);
    try {
      return accept(preparation.prepare(request, route, call, account), route, account, waits);
    } catch (LlmException refusal) {
      account.refused(refusal.error());
      throw refusal;
    } catch (RuntimeException | Error bug) {
      account.refused(new LlmError.Internal());
      throw bug;
    }
  }

  /**
   * The whole answer, of a provider that {@linkplain llm.domain.port.ChatProvider#answersWhole
   * gives it so}. Only the call's deadline limits the wait.
   *
   * @throws LlmException when it is refused or not complete
   */
  public ChatResult whole(ChatRequest request, Route route, Call call) throws LlmException {
    var account = account(route, call).chat(request, false);
    try {
      Prepared ready = preparation.prepare(request, route, call, account);
      return account.answered(
          CallEnd.ask(
              ready.call(),
              route,
              log,
              () -> route.provider().complete(ready.wire(), ready.call())));
    } catch (LlmException failure) {
      account.refused(failure.error());
      throw failure;
    } catch (RuntimeException | Error bug) {
      account.refused(new LlmError.Internal());
      throw bug;
    }
  }

  private RequestAccount account(Route route, Call call) {
    return new RequestAccount(call, route, alarms.time(), metrics, log, events);
  }

  /** Tokens of {@code request} as the target's prompt; see {@link Preparation#count}. */
  public PromptCount count(ChatRequest request, Route route, Call call) throws LlmException {
    return preparation.count(request, route, call);
  }

  private EventStream<StreamEvent> accept(
      Prepared prepared, Route route, RequestAccount account, Waits waits) throws LlmException {
    Call own = prepared.call();
    var limit = new SilenceLimit(waits, own, alarms);
    EventStream<StreamEvent> inner = null;
    limit.waitBegins();
    try {
      inner = route.provider().stream(prepared.wire(), own);
    } catch (LlmException refusal) {
      throw limit.stopped(CallEnd.nameOf(route)).orElse(refusal);
    } catch (RuntimeException bug) {
      log.error("provider_threw").call(own).cause(bug).emit();
      throw new LlmException(new LlmError.Internal(), bug);
    } finally {
      limit.waitEnds();
      if (inner == null) {
        limit.end();
        own.end();
      }
    }
    if (inner == null) {
      throw new LlmException(new LlmError.Internal());
    }
    account.accepted();
    return new GuardedStream(inner, route, limit, account, log);
  }
}
