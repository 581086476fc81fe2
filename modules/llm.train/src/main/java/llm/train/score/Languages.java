package llm.train.score;

import llm.train.corpus.Language;

/** How the test set and its scores name the languages of the corpus. */
final class Languages {
  private Languages() {}

  /** The code of ISO 639, as in the test set. */
  static String code(Language language) {
    return switch (language) {
      case ENGLISH -> "en";
      case RUSSIAN -> "ru";
    };
  }

  /** The name in English, as in the model card. */
  static String title(Language language) {
    return switch (language) {
      case ENGLISH -> "English";
      case RUSSIAN -> "Russian";
    };
  }
}
