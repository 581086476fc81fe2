package llm.core.schema.grammar.emit;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.document.Json;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.set.NumberSet;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.set.ValueSet;

/** The values of a set that has only few, none of them an array or object. */
final class Constants {
  private Constants() {}

  /** Each value as it is written, no two equal; empty: there are more, or others. */
  static Optional<List<Expr>> of(ValueSet set, int most) {
    Set<BigDecimal> numbers = new LinkedHashSet<>();
    Set<String> words = new LinkedHashSet<>();
    boolean known = set.isScalar();
    for (NumberSet each : set.numbers()) {
      known &= each.values().isPresent() && each.values().get().size() <= most;
      each.values().ifPresent(numbers::addAll);
    }
    for (StringSet each : set.strings()) {
      Optional<List<String>> all = each.words(most);
      known &= all.isPresent();
      all.ifPresent(words::addAll);
    }
    var values = new ArrayList<Expr>();
    if (set.nulls()) {
      values.add(Expr.text("null"));
    }
    set.flags().stream().sorted().forEach(flag -> values.add(Expr.text(flag.toString())));
    numbers.forEach(number -> values.add(Expr.text(Json.Num.text(number))));
    words.forEach(word -> values.add(TextRules.quoted(word)));
    return known && values.size() <= most ? Optional.of(values) : Optional.empty();
  }
}
