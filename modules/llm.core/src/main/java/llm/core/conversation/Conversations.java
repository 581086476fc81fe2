package llm.core.conversation;

import llm.core.context.Window;
import llm.core.context.Ledger;
import llm.core.context.ContextPrompts;
import llm.core.context.DualContext;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.ListedModel;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.Alarms;
import llm.core.conversation.ConversationRecord.Asked;
import llm.core.conversation.ConversationRecord.Created;
import llm.core.conversation.ConversationRecord.HandedOver;
import llm.core.conversation.ConversationRecord.Unanswered;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.TokenCounters;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.ValueStore;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/**
 * Leads conversations (C-6): each has a model, a history that is kept, a context that never stalls
 * ({@link DualContext}) and one turn at a time. Thread-safe; methods block as long as store and
 * model do, within the call's deadline.
 */
public final class Conversations implements AutoCloseable {
  /** The space of conversations' logs. */
  public static final String SPACE = "conversation";

  private static final int READ_AT_ONCE = 1_000;
  private static final int MAX_SHORTENINGS = 4;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final ConversationSettings settings;
  private final Prompts prompts;
  private final Gateway gateway;
  private final LogStore store;
  private final TokenCounters counters;
  private final IdSource ids;
  private final Alarms alarms;
  private final Log log;
  private final Log dualLog;
  private final DualLog.Counters dualCounters;
  private final ConversationLog.Backlog backlog;
  private final Summarizer.Means summaries;
  private final Residents residents;
  private final CatchUp catchUp;
  private final TurnStream.Means turns;

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
    this.settings = settings;
    this.prompts = prompts;
    this.gateway = gateway;
    this.store = store;
    this.counters = counters;
    this.ids = ids;
    this.alarms = alarms;
    this.log = telemetry.log("llm.manager");
    this.dualLog = telemetry.log("llm.dual");
    this.dualCounters = new DualLog.Counters(telemetry.metrics());
    this.backlog = new ConversationLog.Backlog(settings.backlogBytes());
    this.summaries =
        new Summarizer.Means(
            gateway,
            new SummaryCache(values, settings.summaryLife(), alarms.time(), dualLog),
            alarms,
            ids,
            settings.warmupLimit(),
            dualLog);
    this.residents = new Residents(settings.resident(), this::load);
    this.catchUp = new CatchUp(alarms, RETRY, residents, log);
    this.turns =
        new TurnStream.Means(
            alarms.time(),
            log,
            telemetry.log("llm.client"),
            new ConversationMetrics(telemetry.metrics(), residents::count, backlog::bytes),
            catchUp::add);
  }

  /**
   * What a new conversation is.
   *
   * @param id {@code [A-Za-z0-9._:-]{1,128}}; empty: one is made
   * @param model empty: the default one
   * @param system who the assistant is; empty: as {@code prompts.yml} says
   */
  public record Opening(Optional<String> id, Optional<String> model, Optional<String> system) {}

  /**
   * Begins a conversation.
   *
   * @throws LlmException with {@code Conflict} when there is one of this id, or why the model, the id
   *     or the store is not right
   */
  public ConversationInfo open(Opening opening, Call call) throws LlmException {
    String id = opening.id().orElseGet(() -> "conv-" + ids.next());
    LogKey key = key(id);
    ModelName model = gateway.resolve(opening.model());
    String system = opening.system().orElseGet(() -> prompts.systemPrompt().text());
    Instant now = alarms.time().now();
    var created = new Created(model, call.principal().name(), system, now);
    requireRoom(created);
    var identity =
        new ConversationInfo.Identity(id, model, call.principal().name(), created.at());
    try {
      store.append(
          key, 0, List.of(RecordCodec.write(created)), Optional.of(ConversationHead.write(identity)));
    } catch (StoreException failure) {
      if (failure.reason() == StoreException.Reason.CONFLICT) {
        throw new LlmException(
            new LlmError.Conflict("There is a conversation " + id + " already; name another id."),
            failure);
      }
      throw unavailable(failure);
    }
    log.info("conversation_open").call(call).put("conversation", id).emit();
    return new ConversationInfo(identity, 0, Optional.empty(), Optional.of(0.0), now);
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
    long start = alarms.time().nanoTime();
    String name = turn.orElseGet(() -> "turn-" + ids.next());
    if (!LogKey.isId(name)) {
      throw new LlmException(
          LlmError.InvalidRequest.at("turn_id", "turn_id must match [A-Za-z0-9._:-]{1,128}"));
    }
    if (text.isBlank()) {
      throw new LlmException(LlmError.InvalidRequest.at("text", "text must not be blank"));
    }
    Conversation conversation = resident(id, call.principal());
    boolean queue =
        settings.concurrentTurns() == ConversationSettings.ConcurrentTurns.QUEUE;
    conversation.enter(name, queue ? settings.queuedTurns() : 0, call);
    boolean given = false;
    try {
      Optional<List<TurnEvent>> told = answeredBefore(conversation, name, text);
      EventStream<TurnEvent> stream =
          told.isPresent()
              ? new ReplayedTurn(told.get())
              : begin(conversation, name, text, start, call);
      given = told.isEmpty();
      return stream;
    } finally {
      if (!given) {
        conversation.leave(Optional.empty());
      }
    }
  }

  /** A conversation of {@code principal}; empty when it has none of this id. */
  public Optional<ConversationInfo> find(String id, Principal principal) throws LlmException {
    if (!LogKey.isId(id)) {
      return Optional.empty();
    }
    try {
      return store.find(key(id)).flatMap(info -> info(info, principal));
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * Conversations of {@code principal} in the order of their ids.
   *
   * @param after only ids behind this one
   * @param limit the most, 1 or more
   */
  public List<ConversationInfo> list(Principal principal, Optional<String> after, int limit)
      throws LlmException {
    List<ConversationInfo> found = new ArrayList<>();
    Optional<String> behind = after;
    try {
      while (found.size() < limit) {
        List<LogInfo> page = store.list(SPACE, behind, READ_AT_ONCE);
        for (LogInfo one : page) {
          if (found.size() < limit) {
            info(one, principal).ifPresent(found::add);
          }
        }
        if (page.size() < READ_AT_ONCE) {
          break;
        }
        behind = Optional.of(page.getLast().key().id());
      }
      return found;
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * What was said, in order.
   *
   * @param from the position of the first record wanted
   * @param limit the most, 1 or more
   * @throws LlmException with {@code NotFound}, or when the store cannot tell
   */
  public List<ConversationRecord> history(String id, Principal principal, long from, int limit)
      throws LlmException {
    if (find(id, principal).isEmpty()) {
      throw notFound(id);
    }
    try {
      List<ConversationRecord> records = new ArrayList<>();
      for (LogRecord record : store.read(key(id), from, limit)) {
        records.add(RecordCodec.read(record.text()));
      }
      return records;
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /**
   * Deletes a conversation; a turn that runs goes on to its end and is not kept.
   *
   * @return false when {@code principal} has none of this id
   */
  public boolean delete(String id, Principal principal) throws LlmException {
    if (find(id, principal).isEmpty()) {
      return false;
    }
    residents.remove(id, "deleted");
    try {
      return store.delete(key(id));
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  /** Ends what goes on in the background, and writes what waits for the store if it is there. */
  @Override
  public void close() {
    catchUp.close();
    residents.close();
  }

  private EventStream<TurnEvent> begin(
      Conversation conversation, String name, String text, long start, Call call)
      throws LlmException {
    DualContext context = conversation.context();
    double ratio = context.ratio();
    log.info("user_turn_start")
        .call(call)
        .put("conversation", conversation.id())
        .put("turn", name)
        .put("context_ratio_before", ratio)
        .emit();
    DualContext.Begun begun = begun(conversation, text);
    boolean durable = false;
    boolean asked = false;
    try {
      durable = keepQuestion(conversation, name, text, begun);
      DualContext.Plan plan = begun.plan();
      for (int i = 0; ; i++) {
        long sent = alarms.time().nanoTime();
        try {
          EventStream<StreamEvent> inner = gateway.stream(request(conversation, plan), call);
          asked = true;
          conversation.begun(name);
          return new TurnStream(
              new TurnStream.Turn(
                  conversation, name, begun, plan, start, sent, ratio, durable, call, turns),
              inner);
        } catch (LlmException refused) {
          plan = shorter(context, plan, refused, i);
        }
      }
    } catch (LlmException failure) {
      refuse(conversation, name, failure.error());
      throw failure;
    } finally {
      if (!asked) {
        context.takeBack();
      }
    }
  }

  private DualContext.Begun begun(Conversation conversation, String text) throws LlmException {
    try {
      DualContext.Begun begun = conversation.context().begin(Message.user(text));
      begun.handover().ifPresent(_ -> conversation.summarizer().release());
      return begun;
    } catch (DualContext.TooLong tooLong) {
      throw new LlmException(
          new LlmError.ContextLengthExceeded(
              conversation.model().value(), tooLong.tokens(), tooLong.limit()),
          tooLong);
    }
  }

  /** The provider counts otherwise than we do: asks again with less, if that is what is wrong. */
  private static DualContext.Plan shorter(
      DualContext context, DualContext.Plan plan, LlmException refused, int attempt)
      throws LlmException {
    if (refused.error() instanceof LlmError.ContextLengthExceeded(var _, int real, var _)
        && attempt < MAX_SHORTENINGS) {
      return context.shorter(plan, real).orElseThrow(() -> refused);
    }
    throw refused;
  }

  private ChatRequest request(Conversation conversation, DualContext.Plan plan) {
    return ChatRequest.of(conversation.model(), plan.messages())
        .withMaxTokens(conversation.answerTokens());
  }

  /** Before the model is asked: what the user said is not lost whatever comes. */
  private boolean keepQuestion(
      Conversation conversation, String name, String text, DualContext.Begun begun)
      throws LlmException {
    Instant now = alarms.time().now();
    List<ConversationRecord> records = new ArrayList<>(2);
    begun
        .handover()
        .ifPresent(
            over -> records.add(new HandedOver(over.summary(), over.ledger(), over.kept(), now)));
    records.add(new Asked(name, text, now));
    try {
      boolean kept = conversation.log().append(records, Optional.empty());
      if (!kept) {
        catchUp.add(conversation);
      }
      return kept;
    } catch (StoreException failure) {
      // What is in memory may be ahead of the store, or behind: it is read again next time.
      residents.remove(conversation.id(), "store");
      if (failure.reason() == StoreException.Reason.CONFLICT) {
        throw new LlmException(
            new LlmError.Conflict(
                "Conversation " + conversation.id() + " went on elsewhere; ask again."),
            failure);
      }
      throw unavailable(failure);
    }
  }

  private void refuse(Conversation conversation, String name, LlmError error) {
    try {
      var record = new Unanswered(name, error.code().wireName(), alarms.time().now());
      if (!conversation.log().append(List.of(record), Optional.empty())) {
        catchUp.add(conversation);
      }
    } catch (StoreException failure) {
      log.warn("turn_not_kept").put("conversation", conversation.id()).cause(failure).emit();
    }
  }

  /** What a turn that was answered is told again as; empty when it is to be answered now. */
  private Optional<List<TurnEvent>> answeredBefore(
      Conversation conversation, String name, String text) throws LlmException {
    Optional<Conversation.End> end = conversation.endOf(name);
    boolean known = end.isPresent() || !conversation.remembersAll();
    if (!known) {
      return Optional.empty();
    }
    Optional<ReplayedTurn.Found> found = ReplayedTurn.find(records(conversation.id()), name);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (!found.get().text().equals(text)) {
      throw new LlmException(
          new LlmError.Conflict(
              "Turn " + name + " was begun with another text; name another turn_id."));
    }
    boolean again =
        end.orElse(Conversation.End.ANSWERED) == Conversation.End.INTERRUPTED
            && conversation.isLatest(name);
    if (again) {
      conversation.context().takeBack();
      conversation.context().takeBack();
      refuse(conversation, name, new LlmError.Cancelled(llm.domain.call.CancelReason.USER));
      return Optional.empty();
    }
    return found.get().events(conversation);
  }

  private Conversation resident(String id, Principal principal) throws LlmException {
    if (!LogKey.isId(id)) {
      throw notFound(id);
    }
    Conversation conversation = residents.find(id).orElseThrow(() -> notFound(id));
    if (!conversation.isOf(principal)) {
      throw notFound(id);
    }
    return conversation;
  }

  /** Reads a conversation from the store; empty when there is none. */
  private Optional<Conversation> load(String id) throws LlmException {
    List<ConversationRecord> records = records(id);
    Optional<Conversation.Replay> replay = Conversation.Replay.of(records);
    if (replay.isEmpty()) {
      return Optional.empty();
    }
    Conversation.Replay known = replay.get();
    var identity =
        new ConversationInfo.Identity(
            id, known.created().model(), known.created().owner(), known.created().at());
    ModelSpec spec = specOf(identity.model());
    Window window = settings.windowOf(spec);
    var summarizer =
        new Summarizer(id, identity.model(), new Principal(identity.owner()), window, summaries);
    var context =
        new DualContext(
            window,
            new ContextPrompts(known.created().system(), Optional.empty(), prompts),
            counters.forModel(spec),
            known.summary(),
            known.ledger(),
            summarizer,
            alarms.time(),
            new DualLog(dualLog, dualCounters, id));
    known.messages().forEach(context::add);
    summarizer.serve(context);
    var ownLog = new ConversationLog(store, key(id), records.size(), backlog);
    return Optional.of(
        new Conversation(identity, window.answerTokens(), context, summarizer, ownLog, known));
  }

  private List<ConversationRecord> records(String id) throws LlmException {
    try {
      List<ConversationRecord> all = new ArrayList<>();
      while (true) {
        List<LogRecord> page = store.read(key(id), all.size(), READ_AT_ONCE);
        for (LogRecord record : page) {
          all.add(RecordCodec.read(record.text()));
        }
        if (page.size() < READ_AT_ONCE) {
          return all;
        }
      }
    } catch (StoreException failure) {
      throw unavailable(failure);
    }
  }

  private void requireRoom(Created created) throws LlmException {
    ModelSpec spec = specOf(created.model());
    var first = new ContextPrompts(created.system(), Optional.empty(), prompts).first("", Ledger.EMPTY);
    int tokens = counters.forModel(spec).countMessages(List.of(first));
    Window window = settings.windowOf(spec);
    if (tokens >= window.promptTokens()) {
      throw new LlmException(
          new LlmError.ContextLengthExceeded(
              created.model().value(), tokens, window.promptTokens()));
    }
  }

  private ModelSpec specOf(ModelName model) {
    return gateway.model(model.value()).map(ListedModel::spec).orElse(ModelSpec.UNKNOWN_MODEL);
  }

  private Optional<ConversationInfo> info(LogInfo found, Principal principal) {
    Optional<ConversationInfo.Identity> identity =
        ConversationHead.read(found.key().id(), found.head())
            .filter(one -> one.owner().equals(principal.name()));
    return identity.map(
        one -> {
          Optional<Conversation> here = residents.peek(one.id());
          return new ConversationInfo(
              one,
              here.map(Conversation::turns),
              here.flatMap(Conversation::running),
              here.map(known -> known.context().ratio()),
              found.changedAt());
        });
  }

  private static LogKey key(String id) throws LlmException {
    if (!LogKey.isId(id)) {
      throw new LlmException(
          LlmError.InvalidRequest.at("id", "id must match [A-Za-z0-9._:-]{1,128}"));
    }
    return new LogKey(SPACE, id);
  }

  private static LlmException notFound(String id) {
    return new LlmException(new LlmError.NotFound("conversation", id));
  }

  private static LlmException unavailable(StoreException failure) {
    return switch (failure.reason()) {
      case UNAVAILABLE, FULL ->
          new LlmException(
              new LlmError.StoreUnavailable(failure.getMessage(), Duration.ofSeconds(2)), failure);
      case CONFLICT -> new LlmException(new LlmError.Conflict(failure.getMessage()), failure);
      case DAMAGED -> new LlmException(new LlmError.Internal(), failure);
    };
  }
}
