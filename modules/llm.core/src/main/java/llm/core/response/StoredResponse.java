package llm.core.response;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.Asked;
import llm.domain.chat.JsonText;
import llm.domain.store.LogPoint;

/**
 * A response as it is kept.
 *
 * @param request what it answers
 * @param answer the response object; empty while it is made, or when its making was cut off
 * @param end where its log ends
 * @param changedAt when a sign of life of it was last written
 */
record StoredResponse(Request request, Optional<JsonText> answer, LogPoint end, Instant changedAt) {

  /**
   * What is known of a response when it begins.
   *
   * @param owner the principal whose it is
   * @param model the model that was asked
   * @param previous what it goes on from
   * @param summary whether reasoning is told as its summary
   */
  record Request(
      Answer.Identity identity,
      String owner,
      String model,
      Asked asked,
      boolean summary,
      Optional<String> previous,
      List<JsonText> input) {
    /** Copies the items. */
    Request {
      input = List.copyOf(input);
    }

    /** An answer to it of which nothing came yet. */
    Answer answer() {
      return new Answer(identity, model, asked, summary);
    }

    /** Its id. */
    String id() {
      return identity.id();
    }
  }
}
