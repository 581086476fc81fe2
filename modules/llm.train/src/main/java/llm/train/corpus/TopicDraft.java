package llm.train.corpus;

import java.util.ArrayList;
import java.util.List;

/** A topic in one language while its lines are read. */
record TopicDraft(
    String id,
    Language language,
    StringBuilder answer,
    List<Phrase> questions,
    List<Phrase> keys,
    List<Phrase> lookalikes) {

  TopicDraft(String id, Language language) {
    this(
        id, language, new StringBuilder(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  Topic topic() {
    return new Topic(
        id,
        language,
        answer.toString(),
        new Phrases(questions),
        new Phrases(keys),
        new Phrases(lookalikes));
  }
}
