package llm.core.gateway;

import java.util.Map;
import java.util.Optional;
import llm.core.gateway.Edition.Step;
import llm.core.limit.Admission;
import llm.core.limit.Asked;
import llm.core.limit.CallerUser;
import llm.core.limit.Dollars;
import llm.core.limit.Limits;
import llm.core.usage.UsageLedger;
import llm.core.usage.UsageLedger.Outcome;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec.Price;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * The outermost stage: lets a request in as far as its limits go, and keeps the bill of what it
 * took, however it ends. What the server does by itself is not limited. Thread-safe.
 */
final class LimitedCalls {
  private static final TokenCounter ESTIMATE = new TokenEstimator();

  private final Limits limits;
  private final UsageLedger ledger;

  LimitedCalls(Limits limits, UsageLedger ledger) {
    this.limits = limits;
    this.ledger = ledger;
  }

  /** What comes behind this stage. */
  @FunctionalInterface
  interface Rest<T> {
    /** Asks it, with the call whose bill is kept. */
    T ask(Bill bill) throws LlmException;
  }

  EventStream<StreamEvent> stream(
      ChatRequest request, Call call, Edition edition, Rest<EventStream<StreamEvent>> rest)
      throws LlmException {
    Bill bill = open(new AskedChat(request, edition), request.model(), call, edition);
    try {
      return new BilledStream(rest.ask(bill), bill);
    } catch (LlmException | RuntimeException failure) {
      bill.close(Outcome.FAILED);
      throw failure;
    }
  }

  ChatResult complete(ChatRequest request, Call call, Edition edition, Rest<ChatResult> rest)
      throws LlmException {
    return whole(open(new AskedChat(request, edition), request.model(), call, edition), rest);
  }

  EmbeddingResult embed(
      EmbeddingRequest request, Call call, Edition edition, Rest<EmbeddingResult> rest)
      throws LlmException {
    var asked = new AskedVectors(request, edition);
    return whole(open(asked, request.model(), call, edition), rest);
  }

  private static <T> T whole(Bill bill, Rest<T> rest) throws LlmException {
    Outcome outcome = Outcome.FAILED;
    try {
      T answer = rest.ask(bill);
      outcome = Outcome.DONE;
      return answer;
    } finally {
      bill.close(outcome);
      if (outcome == Outcome.DONE && bill.isPriced()) {
        bill.note("x-llm-cost", Dollars.text(bill.nanoDollars()));
      }
    }
  }

  private Bill open(Asked asked, ModelName model, Call call, Edition edition) throws LlmException {
    try {
      Admission admission = limits.admit(edition.limits(), asked, call);
      var bill = new Bill(call, admission, limits, ledger, model.value());
      call.onEnd(() -> bill.close(Outcome.FAILED)); // whoever leaves early says no end
      return bill;
    } catch (LlmException refusal) {
      if (refusal.error() instanceof LlmError.LimitExceeded) {
        ledger.ended(Bill.key(call), model.value(), Outcome.REFUSED);
      }
      throw refusal;
    }
  }

  private static Optional<Price> price(Step step) {
    try {
      return step.route().spec().price();
    } catch (LlmException _) {
      return Optional.empty(); // nobody answers, so it costs nothing
    }
  }

  private record AskedChat(ChatRequest request, Edition edition) implements Asked {
    @Override
    public String model() {
      return request.model().value();
    }

    @Override
    public Optional<String> user() {
      return CallerUser.of(request.extensions().fields());
    }

    @Override
    public Estimate estimate() {
      return new Estimate(
          ESTIMATE.countPrompt(request),
          request.maxTokens(),
          price(edition.firstStep(request.model())));
    }
  }

  private record AskedVectors(EmbeddingRequest request, Edition edition) implements Asked {
    @Override
    public String model() {
      return request.model().value();
    }

    @Override
    public Optional<String> user() {
      Map<String, JsonText> fields = request.extensions();
      return CallerUser.of(fields);
    }

    @Override
    public Estimate estimate() {
      return new Estimate(
          EmbeddingCalls.estimate(request),
          Optional.of(0),
          price(edition.firstStep(request.model())));
    }
  }

  /** A stream at whose end its bill is closed; of one that is left early, when its call ends. */
  private record BilledStream(EventStream<StreamEvent> inner, Bill bill)
      implements EventStream<StreamEvent> {
    @Override
    public StreamEvent next() throws LlmException {
      StreamEvent event = inner.next();
      if (event instanceof StreamEvent.Terminal) {
        bill.close(event instanceof StreamEvent.Done ? Outcome.DONE : Outcome.FAILED);
      }
      return event;
    }

    @Override
    public boolean hasReady() {
      return inner.hasReady();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
