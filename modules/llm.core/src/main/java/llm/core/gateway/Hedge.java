package llm.core.gateway;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import llm.core.concurrent.Alarms;
import llm.core.gateway.Chain.Question;
import llm.core.gateway.Racer.Way;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Asks a second target when the first one's answer does not begin in time. Whose first token comes
 * first answers; the other one is cancelled. There is at most one second target, and it takes a
 * retry from its provider's budget. Thread-safe.
 */
final class Hedge {
  private final Alarms alarms;
  private final Metrics.Counter hedges;
  private final Log log;

  Hedge(Alarms alarms, Metrics metrics, Log log) {
    this.alarms = alarms;
    this.log = log;
    this.hedges =
        metrics.counter(
            "llm_hedges_total",
            "Second targets asked because the first was late: won, lost (the first one was sooner"
                + " after all), failed.",
            "outcome");
  }

  /**
   * The stream whose first token is there.
   *
   * @param after how long the first target may take
   * @param question asks a target for the call it is given
   * @throws LlmException when both refused
   */
  EventStream<StreamEvent> ask(
      Tries tries,
      Call call,
      Duration after,
      Function<Call, Question<EventStream<StreamEvent>>> question)
      throws LlmException {
    return new Race(tries, call, question).run(after);
  }

  /** One request's race. */
  private final class Race {
    private final Tries tries;
    private final Call call;
    private final Function<Call, Question<EventStream<StreamEvent>>> question;
    private final BlockingQueue<Optional<Racer>> reports = new LinkedBlockingQueue<>(); // at most 3
    private Optional<Racer> second = Optional.empty();

    private Race(
        Tries tries, Call call, Function<Call, Question<EventStream<StreamEvent>>> question) {
      this.tries = tries;
      this.call = call;
      this.question = question;
    }

    private EventStream<StreamEvent> run(Duration after) throws LlmException {
      Racer first = start(own -> Optional.of(tries.ask(own, question.apply(own))));
      Runnable late = () -> reports.add(Optional.empty());
      Registration alarm = alarms.at(alarms.time().nanoTime() + after.toNanos(), late);
      try {
        return choose(first);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        first.lose();
        second.ifPresent(Racer::lose);
        throw new LlmException(new LlmError.Cancelled(CancelReason.CLOSED));
      } finally {
        alarm.close();
      }
    }

    private EventStream<StreamEvent> choose(Racer first) throws InterruptedException, LlmException {
      boolean firstFailed = false;
      boolean secondFailed = false;
      while (true) {
        Optional<Racer> report = reports.take();
        if (report.isEmpty()) {
          second = tries.takeBeside().map(leg -> start(own -> ask(leg, own)));
        } else if (report.get().hasBegun()) {
          return win(report.get(), first);
        } else {
          firstFailed |= report.get() == first;
          secondFailed |= report.get() != first;
        }
        if (firstFailed && (second.isEmpty() || secondFailed)) {
          second.ifPresent(this::failed);
          return first.isAccepted() ? first.stream() : standIn(first);
        }
      }
    }

    /** Nobody stood in for the first one as long as the second might have come. */
    private EventStream<StreamEvent> standIn(Racer first) throws LlmException {
      Optional<EventStream<StreamEvent>> mock =
          second.isPresent() ? tries.standIn(question.apply(call)) : Optional.empty();
      return mock.isPresent() ? mock.get() : first.stream();
    }

    private Optional<Tries.Asked<EventStream<StreamEvent>>> ask(Leg leg, Call own)
        throws LlmException {
      return tries.ask(leg, own, question.apply(own));
    }

    private EventStream<StreamEvent> win(Racer winner, Racer first) throws LlmException {
      if (second.isPresent()) {
        Racer loser = winner == first ? second.get() : first;
        hedges.labels(winner == first ? "lost" : "won").increment();
        loser.lose();
        log.info("llm_hedge").call(call).put("won", winner != first).emit();
      }
      return winner.stream();
    }

    private void failed(Racer racer) {
      hedges.labels("failed").increment();
      racer.lose();
    }

    private Racer start(Way way) {
      Duration left = call.deadline().remaining(alarms.time().nanoTime());
      Call own = call.child(left.isZero() ? Duration.ofNanos(1) : left);
      var racer = new Racer(tries, own, way, log, done -> reports.add(Optional.of(done)));
      Thread.ofVirtual().name("hedge").start(racer);
      return racer;
    }
  }
}
