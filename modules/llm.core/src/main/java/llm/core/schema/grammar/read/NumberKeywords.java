package llm.core.schema.grammar.read;

import java.math.BigDecimal;
import java.util.Optional;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.NumberSet.Bound;

/** The keywords about numbers. */
final class NumberKeywords {
  private NumberKeywords() {}

  static NumberSet of(Keywords keywords) throws UnsupportedSchema {
    NumberSet set = NumberSet.ANY;
    for (String keyword : new String[] {"minimum", "exclusiveMinimum"}) {
      Optional<Bound> low = bound(keywords, keyword, keyword.equals("minimum"));
      set = set.and(NumberSet.between(low, Optional.empty(), keywords.path(keyword)));
    }
    for (String keyword : new String[] {"maximum", "exclusiveMaximum"}) {
      Optional<Bound> high = bound(keywords, keyword, keyword.equals("maximum"));
      set = set.and(NumberSet.between(Optional.empty(), high, keywords.path(keyword)));
    }
    Optional<BigDecimal> step = keywords.number("multipleOf");
    if (step.isPresent()) {
      if (step.get().signum() <= 0) {
        throw keywords.wrong("multipleOf", "a number above 0");
      }
      set = set.and(NumberSet.multiplesOf(step.get(), keywords.path("multipleOf")));
    }
    return set;
  }

  private static Optional<Bound> bound(Keywords keywords, String keyword, boolean inclusive)
      throws UnsupportedSchema {
    return keywords.number(keyword).map(number -> new Bound(number, inclusive));
  }
}
