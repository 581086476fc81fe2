package llm.server.api;

import java.util.List;
import llm.core.conversation.ConversationInfo;
import llm.core.conversation.Conversations;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.wire.ConversationBodies;
import llm.core.conversation.wire.ConversationResponses;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** {@code /conversations}: talks that the server remembers. A caller sees its own alone. */
public final class ConversationEndpoints {
  private static final String PATH = "/conversations";
  private static final String ONE = PATH + "/{id}";
  private static final int MOST_LISTED = 1_000;
  private static final int LISTED = 100;
  private static final int MOST_RECORDS = 10_000;
  private static final int RECORDS = 1_000;
  private static final int MOST_POSITION = 999_999_999;

  private final Conversations conversations;

  /** Endpoints that ask {@code conversations}. */
  public ConversationEndpoints(Conversations conversations) {
    this.conversations = conversations;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", PATH, Route.Kind.WORK, this::open),
        new Route("GET", PATH, Route.Kind.WORK, this::list),
        new Route("GET", ONE, Route.Kind.WORK, this::find),
        new Route("DELETE", ONE, Route.Kind.WORK, this::delete),
        new Route("POST", ONE + "/turns", Route.Kind.GENERATION, this::turn));
  }

  private Response open(Request request) throws LlmException {
    var opening = ConversationBodies.opening(request.body().json());
    ConversationInfo made = conversations.open(opening, request.call());
    return Response.json(201, ConversationResponses.one(made))
        .with("Location", PATH + "/" + made.identity().id());
  }

  private Response list(Request request) throws LlmException {
    Query query = Query.of(request.head().query(), "after", "limit");
    int limit = query.number("limit", LISTED, 1, MOST_LISTED);
    Conversations.Page page = conversations.list(query.text("after"), limit, request.call());
    return Response.json(ConversationResponses.list(page.conversations(), page.next()));
  }

  private Response find(Request request) throws LlmException {
    Query query = Query.of(request.head().query(), "from", "limit");
    int from = query.number("from", 0, 0, MOST_POSITION);
    int limit = query.number("limit", RECORDS, 1, MOST_RECORDS);
    String id = request.variable().orElseThrow();
    Principal owner = request.call().principal();
    ConversationInfo info = conversations.find(id, owner).orElseThrow(() -> notFound(id));
    List<ConversationRecord> records = conversations.history(id, owner, from, limit + 1);
    List<ConversationRecord> page = records.size() > limit ? records.subList(0, limit) : records;
    boolean more =
        !page.isEmpty()
            && (records.size() > limit
                || !conversations.history(id, owner, from + page.size(), 1).isEmpty());
    return Response.json(ConversationResponses.whole(info, page, from, more));
  }

  private Response delete(Request request) throws LlmException {
    String id = request.variable().orElseThrow();
    if (!conversations.delete(id, request.call().principal())) {
      throw notFound(id);
    }
    return Response.empty();
  }

  private Response turn(Request request) throws LlmException {
    ConversationBodies.Turn asked = ConversationBodies.turn(request.body().json());
    String id = request.variable().orElseThrow();
    var frames = new TurnFrames(request.head().id().value());
    return new Response.Events(
        () -> frames.of(conversations.turn(id, asked.turn(), asked.text(), request.call())),
        frames);
  }

  private static LlmException notFound(String id) {
    return new LlmException(new LlmError.NotFound("conversation", id));
  }
}
