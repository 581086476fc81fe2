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
   * Messages before {@code cut} are in the summary so far; of those behind it, as many as {@code
   * wanted} are to be in the one to come, and {@code told} were asked about.
   */
  record Warming(
      int cut,
      int wanted,
      int told,
      int reach,
      boolean urgent,
      long since,
      Registration work,
      Optional<Summary> summary)
      implements Begun {

    /** One that has just begun. */
    static Warming of(Part part, boolean urgent, long since, Registration work) {
      return new Warming(
          0, part.cut(), part.told(), part.told(), urgent, since, work, Optional.empty());
    }

    /** Asks about {@code part} of what is behind {@code nowCut}, or about nothing more. */
    Warming asking(Optional<Part> part, int nowCut, Optional<Summary> made) {
      int nowWanted = part.map(Part::cut).orElse(0);
      int nowTold = part.map(Part::told).orElse(0);
      int nowReach = Math.max(made.isPresent() ? reach : 0, nowCut + nowTold);
      return new Warming(nowCut, nowWanted, nowTold, nowReach, urgent, since, work, made);
    }
  }

  /** The summary stands for what is before {@code cut}. */
  record Ready(int cut, int reach, long since, Registration work, Summary summary)
      implements Begun {}
}
