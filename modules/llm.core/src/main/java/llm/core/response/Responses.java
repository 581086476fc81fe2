package llm.core.response;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.ResponseBodies;
import llm.core.dialect.responses.ResponseCall;
import llm.core.dialect.responses.ResponsesStreamWriter;
import llm.core.gateway.Gateway;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;
import llm.domain.store.StoreException;

/**
 * Answers of the Responses API: asked of the gateway, kept in the store, gone on from by their ids.
 * A caller sees its own alone. Thread-safe; methods block as long as model and store do.
 */
public final class Responses implements AutoCloseable {
  private final ResponsesSettings settings;
  private final Gateway gateway;
  private final ResponseArchive archive;
  private final History history;
  private final Background background;
  private final Shelf shelf;
  private final TimeSource time;
  private final Log log;

  /** Over an open gateway and an open store, which it does not close. */
  public Responses(
      ResponsesSettings settings,
      Gateway gateway,
      LogStore store,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids) {
    this.settings = settings;
    this.gateway = gateway;
    this.time = alarms.time();
    this.log = telemetry.log("llm.responses");
    this.archive = new ResponseArchive(store, ids, time);
    this.shelf = new Shelf(archive, settings, alarms, log);
    this.background = new Background(settings, gateway, archive, shelf, alarms, log);
    this.history = new History(this::find, background::live);
    telemetry
        .metrics()
        .gauge(
            "llm_responses_background",
            "Answers of the Responses API that are being made in the background.",
            background::running);
  }

  /** Begins to keep what is kept within its bounds; does not block. */
  public void start() {
    shelf.start();
  }

  /**
   * Finds what was said before.
   *
   * @throws LlmException when that is not there, the request is refused as it is then, or there is
   *     no place for one more in the background
   */
  public ReadyAnswer prepare(ResponseCall asked, Principal owner) throws LlmException {
    if (asked.output().background()) {
      background.requireRoom();
    }
    boolean isBackground = asked.output().background();
    var identity = new Answer.Identity(archive.newId(), time.now().getEpochSecond(), isBackground);
    List<JsonText> items = history.resolved(asked, owner);
    ChatRequest chat = history.request(asked, items, owner);
    var request =
        new StoredResponse.Request(
            identity,
            owner.name(),
            chat.model().value(),
            asked.asked(),
            asked.output().summary(),
            asked.previous(),
            ResponseBodies.withIds(items, identity.id()));
    boolean stored = isBackground || asked.output().store().orElse(settings.storeByDefault());
    return new ReadyAnswer(request, chat, stored);
  }

  /**
   * The whole answer, kept where that was asked for. One that cannot be kept is told all the same,
   * as not stored.
   *
   * @throws LlmException when the request is refused or the answer is not complete
   */
  public byte[] complete(ReadyAnswer ready, Call call) throws LlmException {
    Answer answer = ready.kept().answer();
    answer.addWhole(gateway.complete(ready.request(), call));
    return ready.isStored() && keep(ready.kept(), answer.json(true))
        ? answer.json(true)
        : answer.json(false);
  }

  /** The answer as events; the model is asked when they are opened. */
  public ToldAnswer stream(ReadyAnswer ready, Call call) {
    var writer =
        new ResponsesStreamWriter(ready.kept().answer(), ready.isStored())
            .keptBy(whole -> ready.isStored() && keep(ready.kept(), whole));
    return new ToldAnswer(() -> gateway.stream(ready.request(), call), writer);
  }

  private boolean keep(StoredResponse.Request request, byte[] whole) {
    try {
      archive.keep(request, new JsonText(new String(whole, UTF_8)));
      shelf.added();
      return true;
    } catch (StoreException failure) {
      log.warn("response_not_kept")
          .put("response", request.id())
          .put("message", failure.getMessage())
          .emit();
      return false;
    }
  }

  /**
   * Begins an answer that goes on when its caller has left.
   *
   * @return the response object as it begins
   * @throws LlmException when too many are made, or the store does not take it
   */
  public byte[] beginInBackground(ReadyAnswer ready, Call call) throws LlmException {
    begun(ready, call);
    return ready.kept().answer().json(true);
  }

  /**
   * The same, and its events as they come.
   *
   * @throws LlmException as {@link #beginInBackground}
   */
  public ToldAnswer streamInBackground(ReadyAnswer ready, Call call) throws LlmException {
    return told(begun(ready, call), -1, call);
  }

  private BackgroundRun begun(ReadyAnswer ready, Call call) throws LlmException {
    return background.start(ready.kept(), ready.request(), call);
  }

  private static ToldAnswer told(BackgroundRun run, int after, Call call) {
    var writer = new ResponsesStreamWriter(run.request().answer(), true).after(after);
    return ToldAnswer.watched(run.watch(call), writer);
  }

  /**
   * A response as it is now.
   *
   * @throws LlmException with {@code NotFound}
   */
  public byte[] get(String id, Principal owner) throws LlmException {
    return bytes(now(find(id, owner)));
  }

  private JsonText now(StoredResponse found) {
    return background
        .live(found.request().id())
        .map(BackgroundRun::json)
        .or(found::answer)
        .orElseGet(() -> background.unfinished(found));
  }

  /**
   * The events of a response: all of them as they were while this server still knows them, else
   * those that make it again in larger pieces.
   *
   * @param after the number of the last event that was seen; -1 for all
   * @throws LlmException with {@code NotFound}, or {@code Conflict} when another server makes it
   */
  public ToldAnswer events(String id, int after, Call call) throws LlmException {
    StoredResponse found = find(id, call.principal());
    Optional<BackgroundRun> run = background.known(id);
    if (run.isPresent()) {
      return told(run.get(), after, call);
    }
    JsonText whole = now(found);
    if (!ResponseBodies.status(whole).isOver()) {
      throw new LlmException(
          new LlmError.Conflict(
              "Response " + id + " is made by another server; ask again without stream."));
    }
    int seen = after < 0 ? -1 : Integer.MAX_VALUE; // its pieces are not those that were seen
    var writer =
        new ResponsesStreamWriter(found.request().answer(), true).after(seen).endingWith(whole);
    return new ToldAnswer(() -> new Replay(ResponseBodies.events(whole).iterator()), writer);
  }

  /**
   * Stops a response that is made in the background; one that is over stays as it is.
   *
   * @return the response object
   * @throws LlmException with {@code NotFound}, {@code InvalidRequest} or {@code Conflict}
   */
  public byte[] cancel(String id, Principal owner) throws LlmException {
    StoredResponse found = find(id, owner);
    if (!found.request().identity().background()) {
      throw new LlmException(
          LlmError.InvalidRequest.of("Only a background response can be cancelled."));
    }
    background.cancel(id);
    JsonText now = now(find(id, owner));
    if (!ResponseBodies.status(now).isOver()) {
      throw new LlmException(
          new LlmError.Conflict("Response " + id + " is not stopped yet; ask again."));
    }
    return bytes(now);
  }

  /**
   * Removes a response, and stops it before.
   *
   * @throws LlmException with {@code NotFound}
   */
  public byte[] delete(String id, Principal owner) throws LlmException {
    find(id, owner);
    background.cancel(id);
    background.forget(id);
    archive.delete(find(id, owner));
    return ResponseBodies.deleted(id);
  }

  /**
   * A page of what a request said.
   *
   * @param after only items behind this one
   * @throws LlmException with {@code NotFound}
   */
  public byte[] inputItems(
      String id, Principal owner, Optional<String> after, int limit, boolean ascending)
      throws LlmException {
    List<JsonText> items = find(id, owner).request().input();
    items = ascending ? items : items.reversed();
    int from = 0;
    if (after.isPresent()) {
      while (from < items.size() && !ResponseBodies.id(items.get(from)).equals(after.get())) {
        from++;
      }
      if (from == items.size()) {
        throw new LlmException(
            LlmError.InvalidRequest.at("after", "after names no item of this response"));
      }
      from++;
    }
    int to = Math.min(items.size(), from + limit);
    return ResponseBodies.page(items.subList(from, to), to < items.size());
  }

  private StoredResponse find(String id, Principal owner) throws LlmException {
    return archive
        .find(id, owner)
        .orElseThrow(() -> new LlmException(new LlmError.NotFound("response", shortened(id))));
  }

  private static String shortened(String id) {
    return id.length() <= 64 ? id : id.substring(0, 64) + "…";
  }

  private static byte[] bytes(JsonText text) {
    return text.value().getBytes(UTF_8);
  }

  /** Stops what runs in the background, and waits a few seconds for it to be kept. */
  @Override
  public void close() {
    shelf.close();
    background.close();
  }

  /** Events that are there. */
  private record Replay(Iterator<StreamEvent> events) implements EventStream<StreamEvent> {
    @Override
    public StreamEvent next() {
      if (!events.hasNext()) {
        throw new IllegalStateException("the terminal event was already returned");
      }
      return events.next();
    }

    @Override
    public boolean hasReady() {
      return true;
    }

    @Override
    public void close() {
      // nothing is held
    }
  }
}
