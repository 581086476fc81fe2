package llm.core.conversation;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.catalogue.ListedModel;
import llm.core.catalogue.Prompts;
import llm.core.context.ContextPrompts;
import llm.core.context.DualContext;
import llm.core.context.DualLog;
import llm.core.context.Ledger;
import llm.core.context.Window;
import llm.core.context.warmup.Summarizer;
import llm.core.conversation.record.ConversationRecord;
import llm.core.conversation.record.Replay;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.TokenCounters;
import llm.domain.call.Principal;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.TimeSource;
import llm.domain.store.LogPoint;

/** Makes conversations of their records. Thread-safe; blocks as long as the store does. */
final class ConversationLoader {
  private final ConversationSettings settings;
  private final Supplier<Prompts> prompts;
  private final Gateway gateway;
  private final TokenCounters counters;
  private final Archive archive;
  private final ConversationLog.Backlog backlog;
  private final Summarizer.Means summaries;
  private final TimeSource time;
  private final Log log;
  private final Log messages;
  private final DualLog.Counters counts;

  /**
   * Over an archive.
   *
   * @param telemetry what contexts tell goes there
   */
  ConversationLoader(
      ConversationSettings settings,
      Supplier<Prompts> prompts,
      Gateway gateway,
      TokenCounters counters,
      Archive archive,
      ConversationLog.Backlog backlog,
      Summarizer.Means summaries,
      TimeSource time,
      Telemetry telemetry) {
    this.settings = settings;
    this.prompts = prompts;
    this.gateway = gateway;
    this.counters = counters;
    this.archive = archive;
    this.backlog = backlog;
    this.summaries = summaries;
    this.time = time;
    this.log = telemetry.log("llm.dual");
    this.messages = telemetry.log("llm.context");
    this.counts = new DualLog.Counters(telemetry.metrics());
  }

  /** Reads a conversation; empty when there is none. */
  Optional<Conversation> load(String id) throws LlmException {
    Archive.Kept kept = archive.records(id);
    Optional<Replay> known = Replay.of(kept.records());
    return known.isPresent()
        ? Optional.of(conversation(id, known.get(), kept.end()))
        : Optional.empty();
  }

  /** One that has just begun. */
  Conversation begun(String id, Archive.Kept begin) throws LlmException {
    return conversation(id, Replay.of(begin.records()).orElseThrow(), begin.end());
  }

  private Conversation conversation(String id, Replay known, LogPoint end) throws LlmException {
    ConversationRecord.Created created = known.created();
    var identity =
        new ConversationInfo.Identity(id, created.model(), created.owner(), created.at());
    ModelSpec spec = specOf(created.model());
    Window window = settings.windowOf(spec);
    var owner = new Principal(created.owner());
    var summarizer = new Summarizer(id, created.model(), owner, window, summaries);
    var context =
        new DualContext(
            window,
            words(created),
            counters.forModel(spec),
            known.summary(),
            known.ledger(),
            summarizer,
            time,
            new DualLog(log, messages, counts, id));
    known.noted().forEach(context::note);
    context.restore(known.messages());
    known
        .counted()
        .ifPresent(one ->
            context.calibrate(
                words(created).first(one.summary(), one.ledger()),
                one.messages(),
                one.promptTokens()));
    summarizer.serve(context);
    ConversationLog ownLog = archive.log(id, end, backlog);
    return new Conversation(identity, window.answerTokens(), context, summarizer, ownLog, known);
  }

  /** Refuses a conversation whose first message leaves no room. */
  void requireRoom(ConversationRecord.Created created) throws LlmException {
    ModelSpec spec = specOf(created.model());
    Message first = words(created).first("", Ledger.EMPTY);
    int tokens = counters.forModel(spec).countMessages(List.of(first));
    int room = settings.windowOf(spec).promptTokens();
    if (tokens >= room) {
      throw new LlmException(
          new LlmError.ContextLengthExceeded(created.model().value(), tokens, room));
    }
  }

  private ContextPrompts words(ConversationRecord.Created created) {
    Prompts now = prompts(created.model());
    return new ContextPrompts(
        created.system(),
        created.metadata() ? Optional.of(now.responseFormatInstruction().text()) : Optional.empty(),
        now);
  }

  /** The prompts for {@code model}, as they are now. */
  Prompts prompts(ModelName model) {
    return prompts.get().of(model.value(), gateway.first(model));
  }

  private ModelSpec specOf(ModelName model) {
    return gateway.model(model.value()).map(ListedModel::spec).orElse(ModelSpec.UNKNOWN_MODEL);
  }
}
