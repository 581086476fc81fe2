package llm.core.store.journal;

import java.io.IOException;

/** What is on the disk is not what was written; the message names file and offset. */
final class DamagedJournalException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedJournalException(String message) {
    super(message);
  }
}
