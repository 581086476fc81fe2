package llm.server.api;

import java.util.List;
import java.util.Optional;
import llm.core.catalogue.ListedModel;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Head;
import llm.server.http.Response;

/** Models as clients of Anthropic's API list them: page by page, before or after one of them. */
final class AnthropicModels {
  private static final int USUAL = 20;
  private static final int MOST = 1_000;
  private static final String BEFORE = "before_id";
  private static final String AFTER = "after_id";

  private AnthropicModels() {}

  /** The page that the query asks for. */
  static Response page(List<ListedModel> all, Head head) throws LlmException {
    Query query = Query.of(head.query(), "limit", BEFORE, AFTER);
    int limit = query.number("limit", USUAL, 1, MOST);
    Optional<String> before = query.text(BEFORE);
    int from = 0;
    int to = all.size();
    if (query.text(AFTER).isPresent()) {
      from = index(all, AFTER, query.text(AFTER).get()) + 1;
    }
    if (before.isPresent()) {
      to = Math.max(from, index(all, BEFORE, before.get()));
    }
    boolean more = to - from > limit;
    if (more && before.isPresent()) {
      from = to - limit;
    } else if (more) {
      to = from + limit;
    }
    return answer(AnthropicResponses.models(all.subList(from, to), more), head);
  }

  /** One model. */
  static Response one(ListedModel model, Head head) {
    return answer(AnthropicResponses.model(model), head);
  }

  private static Response answer(byte[] body, Head head) {
    return Response.json(body).with(AnthropicEndpoints.REQUEST_ID, head.id().value());
  }

  private static int index(List<ListedModel> all, String parameter, String id) throws LlmException {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).info().id().equals(id)) {
        return i;
      }
    }
    throw new LlmException(
        LlmError.InvalidRequest.at(parameter, parameter + " names no model of this list"));
  }
}
