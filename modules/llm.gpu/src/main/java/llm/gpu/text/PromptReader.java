package llm.gpu.text;

import java.util.Optional;
import llm.core.dialect.prediction.PredictionField;
import llm.core.telemetry.Log;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.grammar.Grammars;
import llm.gpu.llama.ChatTemplate.Ending;
import llm.gpu.schedule.Aside;
import llm.gpu.schedule.Job;

/**
 * Makes the tokens of prompts. A short text is read by who asks; a long one, which takes longer
 * than a step should, by the thread aside. The first one whose answer is held to a grammar goes
 * there too, as the model's tokens have to be read for it. The engine's thread owns it.
 */
public final class PromptReader {
  /** Below this a text is read in a few milliseconds at the most. */
  private static final int SHORT_CHARACTERS = 8_192;

  private final Prompt prompts;
  private final Grammars grammars;
  private final Aside aside;
  private final Log log;

  /** A reader of prompts for one model. */
  public PromptReader(Prompt prompts, Grammars grammars, Aside aside, Log log) {
    this.prompts = prompts;
    this.grammars = grammars;
    this.aside = aside;
    this.log = log;
  }

  /**
   * The prompt of {@code job}; empty while it is being read aside: the job's owner is woken then.
   *
   * @throws LlmException when it is refused
   */
  public Optional<int[]> of(Job job) throws LlmException {
    Job.Reading reading = job.reading(prompts);
    return switch (reading.state()) {
      case NOT_BEGUN -> begin(job);
      case RUNNING -> Optional.empty();
      case DONE -> Optional.of(reading.tokens());
      case REFUSED -> throw new LlmException(reading.refusal().orElseThrow());
    };
  }

  /** What the answer to {@code job}, whose prompt was read, may repeat; not to be changed. */
  public int[] predicted(Job job) {
    return job.reading(prompts).predicted();
  }

  /** Whether nobody reads the prompt of {@code job} aside just now. */
  public boolean isReadable(Job job) {
    return job.reading(prompts).state() != Job.Reading.State.RUNNING;
  }

  private Optional<int[]> begin(Job job) throws LlmException {
    boolean prepared = job.hold().isEmpty() || grammars.isReady();
    if (prepared && length(job.request()) <= SHORT_CHARACTERS) {
      Job.Reading read = read(job);
      job.read(read);
      return Optional.of(read.tokens());
    }
    job.read(Job.Reading.running(prompts));
    aside.add(new LongPrompt(job));
    return Optional.empty();
  }

  private Job.Reading read(Job job) throws LlmException {
    int[] tokens = prompts.tokens(job.request(), ending(job));
    return Job.Reading.done(prompts, tokens, prompts.predicted(job.request()));
  }

  /** A long prompt; it is read in one part. */
  private final class LongPrompt implements Aside.Text {
    private final Job job;

    private LongPrompt(Job job) {
      this.job = job;
    }

    @Override
    public boolean isWanted() {
      return !job.cancelled();
    }

    @Override
    public boolean readPart() {
      try {
        if (job.hold().isPresent()) {
          grammars.prepare();
        }
        job.read(read(job));
      } catch (LlmException refused) {
        job.read(Job.Reading.refused(prompts, refused.error()));
      } catch (RuntimeException | Error failure) {
        // the model was unloaded meanwhile, and the next owner begins anew; or this is a bug
        log.warn("prompt_not_read").call(job.call()).cause(failure).emit();
        job.read(Job.Reading.refused(prompts, new LlmError.Internal()));
      }
      job.wakeOwner();
      return false;
    }
  }

  private static Ending ending(Job job) {
    return job.pin().isPresent() ? Ending.OPEN : Ending.ANSWER;
  }

  private static long length(ChatRequest request) {
    long length = PredictionField.length(request);
    for (Message message : request.messages()) {
      length += message.text().length();
    }
    return length;
  }
}
