package llm.server.api;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import llm.core.limit.Dollars;
import llm.core.usage.UsageCounts;
import llm.core.usage.UsageLedger;
import llm.core.usage.UsageRow;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.domain.store.StoreException;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;
import tools.jackson.core.JsonGenerator;

/** {@code GET /admin/usage}: who took how much of what, and what it cost. */
public final class UsageEndpoints {
  private static final int MOST_DAYS = 400;
  private static final int DAY_CHARS = 10; // further years have more, and no days around them
  private static final String CSV = "text/csv";

  private final UsageLedger ledger;
  private final Predicate<Principal> seesAll;
  private final TimeSource time;

  /** What the report may be broken down by. */
  private enum By {
    DAY,
    KEY,
    MODEL;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Endpoints over what was used.
   *
   * @param seesAll whether somebody may see what others took; who may not sees what it took itself
   */
  public UsageEndpoints(UsageLedger ledger, Predicate<Principal> seesAll, TimeSource time) {
    this.ledger = ledger;
    this.seesAll = seesAll;
    this.time = time;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(new Route("GET", "/admin/usage", Route.Kind.MONITOR, this::usage));
  }

  private Response usage(Request request) throws LlmException {
    Query query = Query.of(request.head().query(), "from", "to", "by", "format");
    LocalDate today = LocalDate.ofInstant(time.now(), ZoneOffset.UTC);
    LocalDate to = day("to", query.text("to"), today);
    LocalDate from = day("from", query.text("from"), to.minusDays(29));
    if (from.isAfter(to) || from.plusDays(MOST_DAYS).isBefore(to)) {
      throw refusal("from", "from must be a day up to " + MOST_DAYS + " days before to, " + to);
    }
    Set<By> by = by(query.text("by").orElse("key,model"));
    boolean csv = isCsv(query, request);
    var sums = new TreeMap<List<String>, UsageCounts>((left, right) -> compare(left, right));
    Principal asking = request.call().principal();
    boolean all = seesAll.test(asking);
    for (UsageRow row : rows(from, to)) {
      if (all || row.key().equals(asking.name())) {
        sums.merge(names(row, by), row.counts(), UsageCounts::plus);
      }
    }
    return csv
        ? Response.text(CSV + "; charset=utf-8", csv(by, sums))
        : Response.json(
            Json.object(out -> {
              out.writeStringProperty("from", from.toString());
              out.writeStringProperty("to", to.toString());
              out.writeArrayPropertyStart("usage");
              sums.forEach((names, counts) -> row(by, names, counts, out));
              out.writeEndArray();
              out.writeObjectPropertyStart("total");
              counts(sums.values().stream().reduce(UsageCounts.NONE, UsageCounts::plus), out);
              out.writeEndObject();
            }));
  }

  private static boolean isCsv(Query query, Request request) throws LlmException {
    return switch (query.text("format").orElse("")) {
      case "" -> request.head().accept().filter(types -> types.contains(CSV)).isPresent();
      case "csv" -> true;
      case "json" -> false;
      default -> throw refusal("format", "format must be json or csv");
    };
  }

  private List<UsageRow> rows(LocalDate from, LocalDate to) throws LlmException {
    try {
      return ledger.report(from, to);
    } catch (StoreException failure) {
      throw new LlmException(
          new LlmError.StoreUnavailable(
              "What was used is kept in a store that does not answer now: " + failure.getMessage(),
              Optional.empty()),
          failure);
    }
  }

  private static LocalDate day(String name, Optional<String> text, LocalDate unset)
      throws LlmException {
    if (text.isEmpty()) {
      return unset;
    }
    LlmException refusal = refusal(name, name + " must be a day of UTC as 2026-01-31");
    if (text.get().length() != DAY_CHARS) {
      throw refusal;
    }
    try {
      return LocalDate.parse(text.get());
    } catch (DateTimeException _) {
      throw refusal;
    }
  }

  private static Set<By> by(String text) throws LlmException {
    Set<By> by = EnumSet.noneOf(By.class);
    for (String word : text.isEmpty() ? new String[0] : text.split(",")) {
      try {
        by.add(By.valueOf(word.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException _) {
        throw refusal("by", "by must be some of day, key and model, with commas between them");
      }
    }
    return by;
  }

  private static List<String> names(UsageRow row, Set<By> by) {
    var names = new ArrayList<String>(by.size());
    for (By one : by) {
      names.add(
          switch (one) {
            case DAY -> row.day().toString();
            case KEY -> row.key();
            case MODEL -> row.model();
          });
    }
    return names;
  }

  private static int compare(List<String> left, List<String> right) {
    for (int i = 0; i < left.size(); i++) {
      int order = left.get(i).compareTo(right.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static void row(Set<By> by, List<String> names, UsageCounts counts, JsonGenerator out) {
    out.writeStartObject();
    int i = 0;
    for (By one : by) {
      out.writeStringProperty(one.word(), names.get(i));
      i++;
    }
    counts(counts, out);
    out.writeEndObject();
  }

  private static void counts(UsageCounts counts, JsonGenerator out) {
    out.writeNumberProperty("requests", counts.requests());
    out.writeNumberProperty("failures", counts.failures());
    out.writeNumberProperty("refusals", counts.refusals());
    out.writeNumberProperty("cache_hits", counts.cacheHits());
    out.writeNumberProperty("prompt_tokens", counts.promptTokens());
    out.writeNumberProperty("completion_tokens", counts.completionTokens());
    out.writeNumberProperty("cached_tokens", counts.cachedTokens());
    out.writeName("cost");
    out.writeNumber(new BigDecimal(Dollars.text(counts.nanoDollars())));
  }

  private static String csv(Set<By> by, TreeMap<List<String>, UsageCounts> sums) {
    var text = new StringBuilder();
    by.forEach(one -> text.append(one.word()).append(','));
    text.append(
        "requests,failures,refusals,cache_hits,prompt_tokens,completion_tokens,cached_tokens,"
            + "cost\r\n");
    sums.forEach((names, counts) -> {
      names.forEach(name -> text.append(cell(name)).append(','));
      long[] numbers = counts.numbers();
      for (int i = 0; i < numbers.length - 1; i++) {
        text.append(numbers[i]).append(',');
      }
      text.append(Dollars.text(counts.nanoDollars())).append("\r\n");
    });
    return text.toString();
  }

  /** RFC 4180; what a spreadsheet would take for a formula is made text. */
  private static String cell(String name) {
    boolean formula = !name.isEmpty() && "=+-@\t".indexOf(name.charAt(0)) >= 0;
    return "\"" + (formula ? "'" : "") + name.replace("\"", "\"\"") + "\"";
  }

  private static LlmException refusal(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}
