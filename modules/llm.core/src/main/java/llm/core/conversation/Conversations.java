package llm.core.conversation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.Alarms;
import llm.core.context.warmup.Summarizer;
import llm.core.context.warmup.SummaryCache;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.ConversationRecord.Created;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.TokenCounters;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;
import llm.domain.port.ValueStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;

/**
 * Leads conversations (C-6): each has a model, a history that is kept, a context that never stalls
 * ({@link llm.core.context.DualContext}) and one turn at a time. Thread-safe; methods block as long
 * as store and model do, within the call's deadline.
 */
public final class Conversations implements AutoCloseable {
  private static final int LISTED_AT_ONCE = 1_000;
  private static final int MOST_LOOKED_AT = 20_000; // of everybody's, for one list
  private static final long MOST_HISTORY_CHARS = 8 << 20;
  private static final int TRIES = 3;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private volatile Prompts prompts;
  private final Gateway gateway;
  private final IdSource ids;
  private final TimeSource time;
  private final Log log;
  private final Archive archive;
  private final SummaryCache cache;
  private final ConversationLoader loader;
  private final Residents residents;
  private final CatchUp catchUp;
  private final Turns turns;

  /**
   * Leads conversations.
   *
   * @param gateway asks the models
   * @param store keeps the logs
   * @param values keeps summaries
   */
  public Conversations(
      ConversationSettings settings,
      Prompts prompts,
      Gateway gateway,
      LogStore store,
      ValueStore values,
      TokenCounters counters,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids) {
    this.prompts = prompts;
    this.gateway = gateway;
    this.ids = ids;
    this.time = alarms.time();
    this.log = telemetry.log("llm.manager");
    this.archive = new Archive(store, ids);
    Log dual = telemetry.log("llm.dual");
    var backlog = new ConversationLog.Backlog(settings.backlogBytes());
    this.cache = new SummaryCache(values, settings.summaryLife(), time, dual);
    var summaries = new Summarizer.Means(gateway, cache, alarms, ids, settings.warmupLimit(), dual);
    this.loader =
        new ConversationLoader(
            settings,
            () -> this.prompts,
            gateway,
            counters,
            archive,
            backlog,
            summaries,
            time,
            telemetry);
    this.residents = new Residents(settings.resident(), loader::load);
    this.catchUp = new CatchUp(alarms, RETRY, residents, log);
    var metrics = new ConversationMetrics(telemetry.metrics(), residents::count, backlog::bytes);
    Log client = telemetry.log("llm.client");
    var ends = new KeptEnds(residents, catchUp, log);
    var means = new TurnStream.Means(time, log, client, metrics, ends);
    this.turns = new Turns(settings, gateway, archive, residents, means);
  }

  /**
   * From now on these are the prompts: of conversations that begin or are read from the store.
   * Those in memory keep theirs.
   */
  public void follow(Prompts other) {
    prompts = other;
  }

  /**
   * What a new conversation is.
   *
   * @param id {@code [A-Za-z0-9._:-]{1,128}}; empty: one is made
   * @param model empty: the default one
   * @param system who the assistant is; empty: as {@code prompts.yml} says
   * @param metadata whether the model judges what is said before it answers, and the user sees that
   *     and the answer alone (C-2); the model is asked for it by the response-format instruction
   */
  public record Opening(
      Optional<String> id, Optional<String> model, Optional<String> system, boolean metadata) {
    /** One whose answers are not judged. */
    public Opening(Optional<String> id, Optional<String> model, Optional<String> system) {
      this(id, model, system, false);
    }
  }

  /**
   * Begins a conversation.
   *
   * @throws LlmException with {@code Conflict} when there is one of this id, or why the model, the
   *     id or the store is not right
   */
  public ConversationInfo open(Opening opening, Call call) throws LlmException {
    String id = opening.id().orElseGet(() -> "conv-" + ids.next());
    ModelName model = gateway.resolve(opening.model());
    String system = opening.system().orElseGet(() -> loader.prompts(model).systemPrompt().text());
    Instant now = time.now();
    var created = new Created(model, call.principal().name(), system, opening.metadata(), now);
    loader.requireRoom(created);
    var identity = new ConversationInfo.Identity(id, model, created.owner(), now);
    requireText("system", system);
    forgetIfGone(id);
    Conversation begun =
        residents.findOrMake(id, () -> loader.begun(id, archive.create(identity, created)));
    if (!begun.isLike(created)) {
      throw new LlmException(
          new LlmError.Conflict("There is a conversation " + id + " already; name another id."));
    }
    log.info("conversation_open").call(call).put("conversation", id).emit();
    return new ConversationInfo(
        begun.identity(), 0, Optional.empty(), 0, Optional.of(begun.context().ratio()), now);
  }

  /**
   * Answers what the user says. Blocks until the model has accepted.
   *
   * @param turn the caller's id for this turn, so that it can be repeated safely: one that was
   *     answered is told again, one that was not is tried again; empty: one is made
   * @throws LlmException with {@code NotFound}, {@code Conflict} naming the turn that runs, {@code
   *     ContextLengthExceeded} when the message alone does not fit, what the store or the model has
   *     against it; the conversation is as before then
   */
  public EventStream<TurnEvent> turn(String id, Optional<String> turn, String text, Call call)
      throws LlmException {
    String name = turn.orElseGet(() -> "turn-" + ids.next());
    if (!LogKey.isId(name)) {
      throw new LlmException(
          LlmError.InvalidRequest.at("turn_id", "turn_id must match [A-Za-z0-9._:-]{1,128}"));
    }
    if (text.isBlank()) {
      throw new LlmException(LlmError.InvalidRequest.at("text", "text must not be blank"));
    }
    requireText("text", text);
    for (int i = 0; i < TRIES; i++) {
      Conversation conversation = resident(id, call.principal());
      Optional<EventStream<TurnEvent>> taken = turns.take(conversation, name, text, call);
      if (taken.isPresent()) {
        return taken.get();
      }
    }
    throw new LlmException(
        new LlmError.StoreUnavailable(
            "Conversation " + id + " was let go of each time it was taken up; ask again.",
            Optional.of(RETRY)));
  }

  /** UTF-8, and so every store, cannot hold half a character. */
  private static void requireText(String field, String text) throws LlmException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (Character.isSurrogate(c) && !pair) {
        throw new LlmException(
            LlmError.InvalidRequest.at(
                field,
                field + " has half of a surrogate pair at " + i + "; send whole characters"));
      }
      i += pair ? 1 : 0;
    }
  }

  /**
   * A summary of what was said in a conversation so far, from the cache where one is there (C-7).
   * Changes nothing in the conversation; a turn may run meanwhile. Blocks as long as the model
   * does.
   *
   * @return empty when nothing was answered yet, or not even the first turn has room beside the
   *     question for a summary
   * @throws LlmException with {@code NotFound}, what the store or the model has against it
   */
  public Optional<Summarizer.Said> summarize(String id, Call call) throws LlmException {
    forgetIfGone(id); // it would be answered from memory alone
    return resident(id, call.principal()).summarizer().summarize(call);
  }

  /** A conversation of {@code principal}; empty when it has none of this id. */
  public Optional<ConversationInfo> find(String id, Principal principal) throws LlmException {
    return log(id, principal).flatMap(info -> info(info, principal));
  }

  private Optional<LogInfo> log(String id, Principal principal) throws LlmException {
    return LogKey.isId(id)
        ? archive.find(id).filter(found -> head(found, principal).isPresent())
        : Optional.empty();
  }

  /**
   * A part of a list.
   *
   * @param next where the next part begins; empty when this is the last
   */
  public record Page(List<ConversationInfo> conversations, Optional<String> next) {
    /** Copies the list. */
    public Page {
      conversations = List.copyOf(conversations);
    }
  }

  /**
   * Conversations of the caller in the order of their ids. All conversations of the store are
   * looked through, so a part may end early: it says where the next begins.
   *
   * @param after only ids behind this one
   * @param limit the most, 1 or more
   */
  public Page list(Optional<String> after, int limit, Call call) throws LlmException {
    List<ConversationInfo> found = new ArrayList<>();
    Optional<String> behind = after;
    for (int looked = 0; looked < MOST_LOOKED_AT; looked += LISTED_AT_ONCE) {
      requireTime(call);
      List<LogInfo> page = archive.list(behind, LISTED_AT_ONCE);
      for (LogInfo one : page) {
        Optional<ConversationInfo> mine = info(one, call.principal());
        if (mine.isPresent() && found.size() == limit) {
          return new Page(found, Optional.of(found.getLast().identity().id()));
        }
        mine.ifPresent(found::add);
      }
      if (page.size() < LISTED_AT_ONCE) {
        return new Page(found, Optional.empty());
      }
      behind = Optional.of(page.getLast().key().id());
    }
    return new Page(found, behind);
  }

  private static void requireTime(Call call) throws LlmException {
    Optional<CancelReason> over = call.cancelled();
    if (over.isPresent()) {
      throw new LlmException(new LlmError.Cancelled(over.get()));
    }
  }

  /**
   * What was said, in order. There are fewer than asked for at the end, and where they are large.
   *
   * @param from the position of the first record wanted
   * @param limit the most, 1 or more
   * @throws LlmException with {@code NotFound}, or when the store cannot tell
   */
  public List<ConversationRecord> history(String id, Principal principal, long from, int limit)
      throws LlmException {
    LogIdentity known = log(id, principal).orElseThrow(() -> notFound(id)).end().identity();
    return archive.records(id, new LogPoint(known, from), limit, MOST_HISTORY_CHARS);
  }

  /**
   * Deletes a conversation; a turn that runs goes on to its end and is not kept.
   *
   * @return false when {@code principal} has none of this id
   */
  public boolean delete(String id, Principal principal) throws LlmException {
    Optional<LogInfo> found = log(id, principal);
    if (found.isEmpty()) {
      return false;
    }
    LogIdentity known = found.get().end().identity();
    return residents.remove(
        id,
        known,
        Conversation.Gone.DELETED,
        () -> {
          cache.forget(id);
          return archive.delete(id, known);
        });
  }

  /** Ends what goes on in the background, and writes what waits for the store if it is there. */
  @Override
  public void close() {
    catchUp.close();
    residents.close();
  }

  private Conversation resident(String id, Principal principal) throws LlmException {
    if (!LogKey.isId(id)) {
      throw notFound(id);
    }
    Optional<Conversation> here = residents.find(id);
    if (here.isPresent() && !here.get().isOf(principal)) {
      forgetIfGone(id); // another server may have deleted it, and somebody else begun another
      here = residents.find(id);
    }
    return here.filter(one -> one.isOf(principal)).orElseThrow(() -> notFound(id));
  }

  /** Forgets what is in memory when another server has deleted it since. */
  private void forgetIfGone(String id) {
    Optional<Conversation> here = residents.peek(id);
    if (here.isPresent() && archive.isGone(id, here.get().log().identity())) {
      residents.remove(here.get(), Conversation.Gone.STORE);
    }
  }

  private static Optional<ConversationHead.Content> head(LogInfo found, Principal principal) {
    return ConversationHead.read(found.key().id(), found.head())
        .filter(head -> head.identity().owner().equals(principal.name()));
  }

  /** What is in memory counts as far as it is of the log that was found. */
  private Optional<ConversationInfo> info(LogInfo found, Principal principal) {
    Optional<Conversation> here =
        residents.peek(found.key().id()).filter(one -> one.isOf(found.end().identity()));
    return head(found, principal).map(head -> info(found, head, here));
  }

  private static ConversationInfo info(
      LogInfo found, ConversationHead.Content head, Optional<Conversation> here) {
    return new ConversationInfo(
        head.identity(),
        here.map(Conversation::turns).orElse(head.turns()),
        here.flatMap(Conversation::running),
        here.map(Conversation::waiting).orElse(0),
        here.map(known -> known.context().ratio()),
        found.changedAt());
  }

  private static LlmException notFound(String id) {
    return new LlmException(new LlmError.NotFound("conversation", id));
  }
}
