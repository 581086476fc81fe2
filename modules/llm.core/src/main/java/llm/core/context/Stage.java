package llm.core.context;

import java.util.Optional;
import llm.core.context.SummaryQuestions.Part;
import llm.domain.call.Registration;

/** How far the next context is. Messages are counted in the active one, from its oldest on. */
sealed interface Stage {

  /** Nothing goes on. */
  record Idle() implements Stage {}

  /** One is made or is there, for a context that had {@code reach} messages or more. */
  sealed interface Begun extends Stage {
    /** How many messages a model was asked about: with fewer it would tell of what is not there. */
    int reach();

    /** Ends it. */
    Registration work();
  }

  /**
   * One is made: {@code part} is asked about, then what is {@code made} of it is read.
   *
   * @param since when the first attempt began
   */
  record Warming(Part part, boolean urgent, long since, Registration work, Optional<Made> made)
      implements Begun {

    @Override
    public int reach() {
      return part.told();
    }

    /** The same, asking about less. */
    Warming about(Part less) {
      return new Warming(less, urgent, since, work, Optional.empty());
    }

    /** The same with a summary. */
    Warming with(Made summary) {
      return new Warming(part, urgent, since, work, Optional.of(summary));
    }
  }

  /** A summary that stands for the messages before {@code cut}. */
  record Made(int cut, Summary summary) {}

  /** It may be used, since then. */
  record Ready(Made made, int reach, long since, Registration work) implements Begun {}
}
