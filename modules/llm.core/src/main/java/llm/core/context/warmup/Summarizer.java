package llm.core.context.warmup;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.context.DualContext;
import llm.core.context.Summary;
import llm.core.context.WarmUp;
import llm.core.context.Window;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;

/**
 * Makes the next context of one conversation ready, on a thread of its own and at background
 * priority: asks its model for a summary behind the prompt that the model has read already, then
 * has it read the beginning of the next one, where its provider can. Thread-safe.
 */
public final class Summarizer implements WarmUp {
  private static final Duration KEEP = Duration.ofMinutes(10);
  private static final int MAX_SUMMARY_CHARS = 1 << 18;

  private final String conversation;
  private final ModelName model;
  private final Principal owner;
  private final Window window;
  private final Means means;
  private volatile DualContext context; // set once, before anything begins
  private final AtomicReference<KeptPrefix> newest;

  /**
   * What all of them work with.
   *
   * @param limit how long one may take
   */
  public record Means(
      Gateway gateway, SummaryCache cache, Alarms alarms, IdSource ids, Duration limit, Log log) {}

  /**
   * The answer to the question for a summary.
   *
   * @param answer with the ledger's lines
   * @param covered messages that it stands for, from the oldest on
   * @param cached whether it was known already
   */
  public record Said(String answer, int covered, boolean cached) {}

  /** For one conversation; {@link #serve} tells whose contexts these are. */
  public Summarizer(
      String conversation, ModelName model, Principal owner, Window window, Means means) {
    this.conversation = conversation;
    this.model = model;
    this.owner = owner;
    this.window = window;
    this.means = means;
    this.newest = new AtomicReference<>(prefix());
  }

  /** Whose next context this makes. */
  public void serve(DualContext served) {
    context = served;
  }

  @Override
  public Registration begin(long number, List<Message> prompt, boolean urgent) {
    CallScope call = call(owner);
    KeptPrefix prefix = prefix();
    KeptPrefix old = newest.getAndSet(prefix);
    Thread.ofVirtual()
        .name("llm-warm-up")
        .start(() -> {
          old.release();
          run(number, prompt, urgent, call, prefix);
        });
    return () -> {
      call.cancel(CancelReason.CLOSED);
      prefix.release();
    };
  }

  /** Where the model computes in this process: others know no priorities. */
  @Override
  public boolean isFasterWhenUrgent() {
    return means.gateway().keepsPrefixes(model);
  }

  @Override
  public void grown(Supplier<List<Message>> beginning) {
    KeptPrefix prefix = newest.get();
    if (means.gateway().keepsPrefixes(model) && prefix.wish(beginning.get())) {
      Thread.ofVirtual().name("llm-warm-up").start(() -> readOn(prefix));
    }
  }

  private void readOn(KeptPrefix prefix) {
    boolean more = true;
    while (more) {
      try (CallScope call = call(owner)) {
        Optional<List<Message>> beginning = prefix.next(() -> call.cancel(CancelReason.CLOSED));
        beginning.ifPresent(longer -> warm(longer, Priority.BACKGROUND, call, prefix));
        more = beginning.isPresent();
      } catch (RuntimeException | Error bug) {
        broke(bug); // the next wish is seen to none the less
      }
    }
  }

  private void broke(Throwable bug) {
    means.log().error("warmup_broke").put("conversation", conversation).cause(bug).emit();
  }

  /** Lets go of what the model was asked to keep: it is in use now, or no longer wanted. */
  public void release() {
    newest.get().release();
  }

  private KeptPrefix prefix() {
    return new KeptPrefix(means.gateway().warmPrefixes(), owner);
  }

  private CallScope call(Principal principal) {
    return CallScope.open(
        new CallId("warmup-" + means.ids().next()),
        principal,
        Optional.empty(),
        means.limit(),
        means.alarms(),
        failure -> means.log().error("cancel_hook_failed").cause(failure).emit());
  }

  private void run(
      long number, List<Message> prompt, boolean urgent, CallScope call, KeptPrefix prefix) {
    Priority priority = urgent ? Priority.INTERACTIVE : Priority.BACKGROUND;
    try (call) {
      Summary summary = summary(number, prompt, priority, call);
      Optional<List<Message>> beginning = context.summarized(number, summary);
      if (beginning.isPresent()) {
        warm(beginning.get(), priority, call, prefix);
        context.ready(number);
      }
    } catch (LlmException failure) {
      context.failed(number, failure.error());
    } catch (RuntimeException | Error bug) {
      broke(bug);
      context.failed(number, new LlmError.Internal());
    }
  }

  /** Asks for a summary; about less where the provider counts otherwise than we do. */
  private Summary summary(long number, List<Message> prompt, Priority priority, CallScope call)
      throws LlmException {
    List<Message> question = prompt;
    while (true) {
      try {
        Said said = said(question, priority, call);
        return Summary.ofAnswer(said.answer(), said.covered());
      } catch (LlmException refused) {
        Optional<List<Message>> shorter =
            refused.error() instanceof LlmError.ContextLengthExceeded(var _, int real, int limit)
                ? context.tooLong(number, real - limit)
                : Optional.empty();
        question = shorter.orElseThrow(() -> refused);
      }
    }
  }

  /**
   * A summary of what was said so far, for whoever asks; the conversation goes on as if nobody had.
   * Blocks as long as the model does, unless the cache has one.
   *
   * @return empty when there is nothing to summarise, or no room to ask
   * @throws LlmException when the model does not give one
   */
  public Optional<Said> summarize(Call call) throws LlmException {
    Optional<List<Message>> question = context.summaryQuestion();
    return question.isPresent()
        ? Optional.of(said(question.get(), Priority.INTERACTIVE, call))
        : Optional.empty();
  }

  private Said said(List<Message> prompt, Priority priority, Call call) throws LlmException {
    boolean carries = prompt.size() <= 2; // the question tells itself what it is about
    List<Message> told = carries ? prompt : prompt.subList(0, prompt.size() - 1);
    Optional<SummaryCache.Hit> known = means.cache().find(conversation, told);
    if (known.isPresent()) {
      int covered = carries ? Integer.MAX_VALUE : known.get().covered() - 1;
      return new Said(known.get().answer(), covered, true);
    }
    String answer = ask(prompt, priority, call);
    if (answer.isBlank()) {
      throw new LlmException(new LlmError.ProviderFailed(model.value(), "The summary is empty."));
    }
    means.cache().save(conversation, told, answer);
    return new Said(answer, carries ? Integer.MAX_VALUE : told.size() - 1, false);
  }

  private String ask(List<Message> prompt, Priority priority, Call call) throws LlmException {
    var request =
        ChatRequest.of(model, prompt).withPriority(priority).withMaxTokens(window.summaryTokens());
    var answer = new StringBuilder();
    try (EventStream<StreamEvent> stream = means.gateway().stream(request, call)) {
      while (true) {
        switch (stream.next()) {
          case StreamEvent.TextDelta delta -> {
            if (answer.length() < MAX_SUMMARY_CHARS) {
              answer.append(delta.text());
            }
          }
          case StreamEvent.Done _ -> {
            return answer.toString();
          }
          case StreamEvent.Failed(LlmError error, var _) -> throw new LlmException(error);
          case StreamEvent.Cancelled(CancelReason reason, var _) ->
              throw new LlmException(new LlmError.Cancelled(reason));
          default -> {
            // reasoning and the like are no part of a summary
          }
        }
      }
    }
  }

  /** A wish: without it the first turn of the next context begins later, and that is all. */
  private void warm(List<Message> beginning, Priority priority, CallScope call, KeptPrefix prefix) {
    var request = ChatRequest.of(model, beginning).withPriority(priority);
    if (!means.gateway().keepsPrefixes(model)) {
      return;
    }
    try (CallScope own = call(prefix.account());
        Registration _ = call.onCancel(() -> own.cancel(CancelReason.CLOSED))) {
      prefix.keep(means.gateway().warmPrefixes().warm(request, KEEP, own).id());
    } catch (LlmException refused) {
      means
          .log()
          .debug("warmup_prefix_refused")
          .put("conversation", conversation)
          .cause(refused)
          .emit();
    }
  }
}
