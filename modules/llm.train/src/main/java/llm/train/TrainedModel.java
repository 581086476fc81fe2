package llm.train;

import java.util.TreeMap;
import llm.train.corpus.Corpus;
import llm.train.corpus.Language;
import llm.train.gguf.ModelCard;
import llm.train.gguf.ModelFile;
import llm.train.gguf.TensorFormat;
import llm.train.net.Parameters;
import llm.train.vocabulary.Vocabulary;

/**
 * What a training ends in.
 *
 * @param threshold from which probability on an answer is given
 */
record TrainedModel(Parameters parameters, Vocabulary vocabulary, Threshold threshold) {

  /** The model's file. */
  byte[] file(Corpus corpus, TensorFormat format) {
    var fallbacks = new TreeMap<String, String>();
    for (Language language : Language.values()) {
      fallbacks.put(code(language), corpus.fallback(language));
    }
    var card =
        new ModelCard(
            "llm.server builtin",
            "A tiny demonstration model that knows a few answers about llm.server, in English and"
                + " Russian.",
            fallbacks,
            (float) threshold.minProbability(),
            corpus.sha256());
    return ModelFile.bytes(parameters, vocabulary, card, format);
  }

  private static String code(Language language) {
    return switch (language) {
      case ENGLISH -> "en";
      case RUSSIAN -> "ru";
    };
  }
}
