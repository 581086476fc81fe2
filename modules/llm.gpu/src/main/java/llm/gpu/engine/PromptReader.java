package llm.gpu.engine;

import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import llm.core.telemetry.Log;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.llama.ChatTemplate.Ending;
import llm.gpu.schedule.Job;
import llm.gpu.text.Prompt;

/**
 * Makes the tokens of prompts. A short text is read by who asks; a long one, which takes longer
 * than a step should, by a thread beside the engine's, so that answers do not pause for it. The
 * engine's thread owns it.
 */
final class PromptReader {
  /** Below this a text is read in a few milliseconds at the most. */
  static final int LONG_CHARACTERS = 8_192;

  /** Platform threads, for the calls are native; one, for it competes with those that compute. */
  private static final ExecutorService ASIDE =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("llm-prompts").daemon().factory());

  private final Prompt prompts;
  private final Log log;

  PromptReader(Prompt prompts, Log log) {
    this.prompts = prompts;
    this.log = log;
  }

  /**
   * The prompt of {@code job}; empty while it is being read aside: the job's owner is woken then.
   *
   * @throws LlmException when it is refused
   */
  Optional<int[]> of(Job job) throws LlmException {
    Job.Reading reading = job.reading(prompts);
    return switch (reading.state()) {
      case NOT_BEGUN -> begin(job);
      case RUNNING -> Optional.empty();
      case DONE -> Optional.of(reading.tokens());
      case REFUSED -> throw new LlmException(reading.refusal().orElseThrow());
    };
  }

  private Optional<int[]> begin(Job job) throws LlmException {
    if (length(job.request()) <= LONG_CHARACTERS) {
      int[] tokens = prompts.tokens(job.request(), ending(job));
      job.read(Job.Reading.done(prompts, tokens));
      return Optional.of(tokens);
    }
    job.read(Job.Reading.running(prompts));
    ASIDE.execute(() -> readAside(job));
    return Optional.empty();
  }

  private void readAside(Job job) {
    try {
      job.read(
          job.cancelled()
              ? Job.Reading.notBegun(prompts) // whoever looks next ends it
              : Job.Reading.done(prompts, prompts.tokens(job.request(), ending(job))));
    } catch (LlmException refused) {
      job.read(Job.Reading.refused(prompts, refused.error()));
    } catch (RuntimeException | Error failure) {
      // the model was unloaded meanwhile, and the next owner begins anew; or this is a bug
      log.warn("prompt_not_read").call(job.call()).cause(failure).emit();
      job.read(Job.Reading.refused(prompts, new LlmError.Internal()));
    }
    job.wakeOwner();
  }

  private static Ending ending(Job job) {
    return job.pin().isPresent() ? Ending.OPEN : Ending.ANSWER;
  }

  private static long length(ChatRequest request) {
    long length = 0;
    for (Message message : request.messages()) {
      length += message.text().length();
    }
    return length;
  }
}
