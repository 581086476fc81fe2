package llm.core.usage;

import java.time.LocalDate;
import java.util.List;
import llm.domain.store.StoreException;

/** Keeps what was used beyond the end of the process. For one thread at a time; blocks. */
public interface UsageStore {
  /** Keeps nothing: the report is that of this process. */
  UsageStore NONE =
      new UsageStore() {
        @Override
        public void add(LocalDate day, List<UsageRow> more) {
          // the ledger has it
        }

        @Override
        public List<UsageRow> read(LocalDate from, LocalDate to) {
          return List.of();
        }
      };

  /**
   * Adds to what is kept. When it fails nothing was added, as far as can be known.
   *
   * @param more of that day, one row for each key and model at most
   */
  void add(LocalDate day, List<UsageRow> more) throws StoreException;

  /** What is kept of these days, both included; of all who share the store. */
  List<UsageRow> read(LocalDate from, LocalDate to) throws StoreException;
}
