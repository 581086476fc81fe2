package llm.core.usage;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.domain.port.SumStore;
import llm.domain.store.StoreException;

/** What was used as sums by day, under names of key, model and number. */
public final class KeptUsage implements UsageStore {
  private static final String SPACE = "use";
  private static final int LONGEST_NAME = 400; // of a key or model once it is encoded

  private final SumStore sums;

  /** Keeps it in {@code sums}. */
  public KeptUsage(SumStore sums) {
    this.sums = sums;
  }

  @Override
  public void add(LocalDate day, List<UsageRow> more) throws StoreException {
    var named = new LinkedHashMap<String, Long>();
    for (UsageRow row : more) {
      String name = SPACE + " " + encode(row.key()) + " " + encode(row.model()) + " ";
      long[] numbers = row.counts().numbers();
      for (int i = 0; i < numbers.length; i++) {
        if (numbers[i] != 0) {
          named.merge(name + i, numbers[i], Long::sum);
        }
      }
    }
    sums.add(day, named);
  }

  @Override
  public List<UsageRow> read(LocalDate from, LocalDate to) throws StoreException {
    var rows = new ArrayList<UsageRow>();
    for (LocalDate day = from; !day.isAfter(to); day = day.plusDays(1)) {
      LocalDate of = day;
      var numbers = new HashMap<List<String>, long[]>();
      sums.read(day).forEach((name, sum) -> put(name, sum, numbers));
      numbers.forEach((names, counts) ->
          rows.add(new UsageRow(of, names.get(0), names.get(1), UsageCounts.of(counts))));
    }
    return rows;
  }

  private static void put(String name, long sum, Map<List<String>, long[]> numbers) {
    String[] parts = name.split(" ");
    if (parts.length == 4 && parts[0].equals(SPACE)) {
      int index = Integer.parseInt(parts[3]);
      if (index < UsageCounts.SIZE) {
        numbers
                .computeIfAbsent(
                    List.of(decode(parts[1]), decode(parts[2])), _ -> new long[UsageCounts.SIZE])[
                index] =
            sum;
      }
    }
  }

  private static String encode(String name) {
    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8);
    return encoded.length() <= LONGEST_NAME
        ? encoded
        : URLEncoder.encode(UsageLedger.OTHER_MODELS, StandardCharsets.UTF_8);
  }

  private static String decode(String name) {
    return URLDecoder.decode(name, StandardCharsets.UTF_8);
  }
}
