package llm.core.response;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.Asked;
import llm.core.dialect.responses.ResponsesRequestReader;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.core.store.journal.JournalLogStore;
import llm.core.store.journal.JournalSettings;
import llm.core.store.memory.MemoryLogStore;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
@DisplayName("P-3: kept answers and background answers, on every kind of store")
class ResponsesTest {
  private static final Pattern ID = Pattern.compile("resp_[0-9a-f]{32}");

  @TempDir Path folder;
  private final TimerThread timer = new TimerThread(_ -> {});
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Model model = new Model();
  private int memoryBytes = 64 << 20;
  private final List<CallScope> calls = new ArrayList<>();
  private Gateway gateway;
  private LogStore store;
  private Responses responses;

  /** The kinds of stores. */
  enum Kind {
    MEMORY,
    JOURNAL
  }

  /** Answers "yes" to everybody, at a gate where there is one. */
  private final class Model implements ChatProvider {
    private final List<ChatRequest> asked = new CopyOnWriteArrayList<>();
    private volatile boolean slow; // stops half way
    private volatile String more = ""; // is said, too

    @Override
    public String id() {
      return "fake";
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
      asked.add(request);
      var steps = new ArrayList<Step>();
      steps.add(new Step.Emit(new StreamEvent.Started("mock")));
      steps.add(new Step.Emit(new StreamEvent.TextDelta("ye")));
      if (slow) {
        steps.add(new Step.Pause(Duration.ofMinutes(30)));
      }
      steps.add(new Step.Emit(new StreamEvent.TextDelta("s")));
      if (!more.isEmpty()) {
        steps.add(new Step.Emit(new StreamEvent.TextDelta(more)));
      }
      steps.add(new Step.Emit(new StreamEvent.Done(FinishReason.STOP, Usage.of(2, 1))));
      return new ScriptedStream(steps.iterator(), "fake", _ -> Usage.NONE, call, timer, () -> {});
    }

    @Override
    public List<ModelInfo> models() {
      return List.of(new ModelInfo("mock", "fake", Instant.EPOCH, Optional.empty(), "For tests."));
    }

    @Override
    public ProviderHealth health() {
      return new ProviderHealth(ProviderHealth.Status.UP, "fine");
    }

    @Override
    public void close() {
      // nothing is held
    }
  }

  private void open(Kind kind) throws IOException {
    open(kind, ResponsesSettings.DEFAULTS);
  }

  private void open(Kind kind, ResponsesSettings settings) throws IOException {
    open(kind, settings, UnaryOperator.identity());
  }

  private void open(Kind kind, ResponsesSettings settings, UnaryOperator<LogStore> around)
      throws IOException {
    LogStore opened =
        switch (kind) {
          case MEMORY ->
              new MemoryLogStore(memoryBytes, 1 << 20, timer.time(), telemetry.metrics());
          case JOURNAL -> journal();
        };
    store = around.apply(opened);
    serve(settings);
  }

  private LogStore journal() throws IOException {
    var settings =
        new JournalSettings(Optional.empty(), 1 << 20, 64 << 20, 1 << 20, Duration.ofSeconds(10));
    return JournalLogStore.open(folder.resolve("journal"), settings, timer, telemetry);
  }

  private void serve(ResponsesSettings settings) {
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(model)),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    responses = new Responses(settings, gateway, store, telemetry, timer, IdSource.RANDOM);
    responses.start();
  }

  @AfterEach
  void closeAll() {
    calls.forEach(CallScope::close);
    responses.close();
    gateway.close();
    store.close();
    timer.close();
  }

  private CallScope call(String owner) {
    var call =
        CallScope.open(
            new CallId("c"),
            new Principal(owner),
            Optional.empty(),
            Duration.ofMinutes(1),
            timer,
            _ -> {});
    calls.add(call);
    return call;
  }

  private String create(String body) throws LlmException {
    var asked = ResponsesRequestReader.read(body.getBytes(UTF_8), gateway);
    CallScope call = call("ann");
    ReadyAnswer ready = responses.prepare(asked, call.principal());
    byte[] made =
        asked.output().background()
            ? responses.beginInBackground(ready, call)
            : responses.complete(ready, call);
    return new String(made, UTF_8);
  }

  private static String id(String response) {
    var found = ID.matcher(response);
    assertThat(found.find()).isTrue();
    return found.group();
  }

  private String get(String id) throws LlmException {
    return new String(responses.get(id, new Principal("ann")), UTF_8);
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(until);
      LockSupport.parkNanos(1_000_000); // What is asked for may be long: leave the processor free.
    }
  }

  private String awaitStatus(String id, String status) {
    var last = new String[1];
    try {
      await(() -> {
        last[0] = told(id);
        return last[0].contains("\"status\":\"" + status + "\",\"background\"");
      });
    } catch (AssertionError late) {
      String tells = last[0].substring(0, Math.min(500, last[0].length()));
      throw new AssertionError("not " + status + ", but " + tells, late);
    }
    return last[0];
  }

  private boolean has(String id, String text) {
    return told(id).contains(text);
  }

  private String told(String id) {
    try {
      return get(id);
    } catch (LlmException failure) {
      throw new AssertionError(failure);
    }
  }

  private String events(ToldAnswer told) throws Exception {
    var frames = new ByteArrayOutputStream();
    try (var stream = told.open()) {
      StreamEvent event;
      do {
        event = stream.next();
        told.encode(event, frames);
      } while (!(event instanceof StreamEvent.Terminal));
    }
    return frames.toString(UTF_8);
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerGoesOnFromTheOneBefore(Kind kind) throws Exception {
    open(kind);
    String first = create("{\"input\":\"one\",\"instructions\":\"be kind\"}");
    String second = create("{\"input\":\"two\",\"previous_response_id\":\"" + id(first) + "\"}");
    create("{\"input\":\"three\",\"previous_response_id\":\"" + id(second) + "\"}");
    assertThat(model.asked.getLast().messages())
        .as("instructions are not carried over")
        .containsExactly(
            Message.user("one"),
            Message.assistant("yes"),
            Message.user("two"),
            Message.assistant("yes"),
            Message.user("three"));
    assertThat(get(id(second))).isEqualTo(second).contains("\"store\":true");
    String item = "msg" + id(first).substring(4) + "_i0";
    create("{\"input\":[{\"type\":\"item_reference\",\"id\":\"" + item + "\"}]}");
    assertThat(model.asked.getLast().messages()).containsExactly(Message.user("one"));
  }

  @ParameterizedTest
  @EnumSource
  void manyNamesOfALongItemAreRefused(Kind kind) throws Exception {
    open(kind);
    String first = create("{\"input\":\"" + "x".repeat(500_000) + "\"}");
    String name = "{\"type\":\"item_reference\",\"id\":\"msg" + id(first).substring(4) + "_i0\"}";
    assertThatThrownBy(() -> create("{\"input\":[" + name + ("," + name).repeat(99) + "]}"))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("The items that input names are longer than");
    assertThat(model.asked).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void eventsOfLongAnswersThatEndedAreNotHeldForLong(Kind kind) throws Exception {
    open(kind);
    model.more = "x".repeat(1_000_000);
    var ids = new ArrayList<String>();
    for (int i = 0; i < 40; i++) {
      ids.add(id(create("{\"input\":\"one\",\"background\":true}")));
      awaitStatus(ids.getLast(), "completed");
    }
    await(() -> events(ids.getFirst()).contains("\"delta\":\"yesx"));
    assertThat(events(ids.getLast())).contains("\"delta\":\"ye\"", "\"delta\":\"s\"");
  }

  @Test
  void anAnswerThatAFullStoreHasNoRoomForTakesThatOfTheOldest() throws Exception {
    memoryBytes = 4 << 20;
    open(Kind.MEMORY);
    model.more = "x".repeat(900_000);
    var ids = new ArrayList<String>();
    for (int i = 0; i < 12; i++) {
      ids.add(id(create("{\"input\":\"one\",\"background\":true}")));
      awaitStatus(ids.getLast(), "completed");
    }
    assertThatThrownBy(() -> get(ids.getFirst())).isInstanceOf(LlmException.class);
    assertThat(get(ids.get(10))).contains("\"status\":\"completed\"");
    assertThat(telemetry.events("response_not_kept")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aBackgroundAnswerThatIsTooLongToBeKeptSaysSo(Kind kind) throws Exception {
    open(kind);
    model.more = "x".repeat(2_000_000);
    String id = id(create("{\"input\":\"one\",\"background\":true}"));
    await(() -> telemetry.events("response_not_kept").size() == 1);
    assertThat(awaitStatus(id, "failed")).contains("The answer is not kept: An append has more");
  }

  private String events(String id) {
    try {
      return events(responses.events(id, -1, call("ann")));
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyItsOwnerSeesAResponse(Kind kind) throws Exception {
    open(kind);
    String id = id(create("{\"input\":\"one\"}"));
    var stranger = new Principal("bob");
    assertThatThrownBy(() -> responses.get(id, stranger)).hasMessageContaining("There is no");
    assertThatThrownBy(() -> responses.delete(id, stranger)).hasMessageContaining("There is no");
    assertThatThrownBy(() -> responses.cancel(id, stranger)).hasMessageContaining("There is no");
    assertThatThrownBy(() -> responses.inputItems(id, stranger, Optional.empty(), 9, true))
        .hasMessageContaining("There is no");
    var asked =
        ResponsesRequestReader.read(
            ("{\"input\":\"x\",\"previous_response_id\":\"" + id + "\"}").getBytes(UTF_8), gateway);
    assertThatThrownBy(() -> responses.prepare(asked, new Principal("bob")))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(((LlmError.InvalidRequest) refused.error()).path())
                    .contains("previous_response_id"));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotToBeKeptIsNotAndWhatIsDeletedIsGone(Kind kind) throws Exception {
    open(kind);
    String unkept = create("{\"input\":\"one\",\"store\":false}");
    assertThat(unkept).contains("\"store\":false");
    assertThatThrownBy(() -> get(id(unkept))).hasMessageContaining("There is no");
    assertThat(store.list("response", Optional.empty(), 9)).isEmpty();
    String id = id(create("{\"input\":\"one\"}"));
    responses.delete(id, new Principal("ann"));
    assertThatThrownBy(() -> get(id)).hasMessageContaining("There is no");
    assertThat(store.list("response", Optional.empty(), 9)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theOldestGoWhenThereAreTooMany(Kind kind) throws Exception {
    open(kind, new ResponsesSettings(true, 3, Duration.ofDays(1), 4, Duration.ofMinutes(5)));
    for (int i = 0; i < 8; i++) {
      create("{\"input\":\"one\"}");
    }
    String last = id(create("{\"input\":\"one\"}"));
    awaitKept(3);
    assertThat(get(last)).contains(last);
  }

  @Test
  void thoseThatComeWhileTheOldestAreSoughtAreNotForgotten() throws Exception {
    var looked = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    open(
        Kind.MEMORY,
        new ResponsesSettings(true, 3, Duration.ofDays(1), 4, Duration.ofMinutes(5)),
        opened -> slowToList(opened, looked, goOn));
    looked.await();
    for (int i = 0; i < 9; i++) {
      create("{\"input\":\"one\"}");
    }
    goOn.countDown();
    awaitKept(3);
  }

  /** Its first list is known to {@code looked} and told when {@code goOn} lets it. */
  private static LogStore slowToList(LogStore store, CountDownLatch looked, CountDownLatch goOn) {
    return (LogStore)
        Proxy.newProxyInstance(
            LogStore.class.getClassLoader(),
            new Class<?>[] {LogStore.class},
            (_, method, arguments) -> {
              Object told = method.invoke(store, arguments);
              if (method.getName().equals("list")) {
                looked.countDown();
                goOn.await();
              }
              return told;
            });
  }

  private void awaitKept(int most) throws Exception {
    await(() -> {
      try {
        return store.list("response", Optional.empty(), 20).size() <= most;
      } catch (StoreException failure) {
        throw new AssertionError(failure);
      }
    });
  }

  @ParameterizedTest
  @EnumSource
  void inputItemsComeInPages(Kind kind) throws Exception {
    open(kind);
    String id =
        id(
            create(
                """
                {"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},
                 {"role":"user","content":"c"}]}\
                """));
    var ann = new Principal("ann");
    String page = new String(responses.inputItems(id, ann, Optional.empty(), 2, false), UTF_8);
    assertThat(page).contains("\"c\"", "\"b\"", "\"has_more\":true").doesNotContain("\"a\"");
    var after = Optional.of("msg" + id.substring(4) + "_i1");
    assertThat(new String(responses.inputItems(id, ann, after, 2, false), UTF_8))
        .contains("\"a\"", "\"has_more\":false")
        .doesNotContain("\"b\"");
  }

  @ParameterizedTest
  @EnumSource
  void aBackgroundAnswerGoesOnWhenItsCallerHasLeft(Kind kind) throws Exception {
    open(kind);
    String begun = create("{\"input\":\"one\",\"background\":true}");
    assertThat(begun).contains("\"status\":\"in_progress\"", "\"background\":true");
    calls.forEach(CallScope::close);
    assertThat(awaitStatus(id(begun), "completed")).contains("\"text\":\"yes\"");
    String all = events(responses.events(id(begun), -1, call("ann")));
    assertThat(all).contains("\"delta\":\"ye\"", "\"delta\":\"s\"", "response.completed");
    assertThat(events(responses.events(id(begun), 4, call("ann"))))
        .startsWith("event: response.output_text.delta")
        .contains("\"delta\":\"s\"")
        .doesNotContain("\"delta\":\"ye\"");
  }

  @ParameterizedTest
  @EnumSource
  void aBackgroundAnswerIsCancelledAndStaysSo(Kind kind) throws Exception {
    open(kind);
    model.slow = true;
    String id = id(create("{\"input\":\"one\",\"background\":true}"));
    await(() -> !model.asked.isEmpty());
    String cancelled = new String(responses.cancel(id, new Principal("ann")), UTF_8);
    assertThat(cancelled).contains("\"status\":\"cancelled\"");
    assertThat(get(id)).isEqualTo(cancelled);
    assertThatThrownBy(() -> create("{\"input\":\"x\",\"previous_response_id\":\"" + id + "\"}"))
        .hasMessageContaining("cancelled");
    model.slow = false;
    String whole = id(create("{\"input\":\"one\"}"));
    assertThatThrownBy(() -> responses.cancel(whole, new Principal("ann")))
        .hasMessageContaining("background");
  }

  @ParameterizedTest
  @EnumSource
  void noMoreRunThanMay(Kind kind) throws Exception {
    open(kind, new ResponsesSettings(true, 100, Duration.ofDays(1), 1, Duration.ofMinutes(5)));
    model.slow = true;
    String id = id(create("{\"input\":\"one\",\"background\":true}"));
    assertThatThrownBy(() -> create("{\"input\":\"one\",\"background\":true}"))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> assertThat(refused.error()).isInstanceOf(LlmError.Overloaded.class));
    responses.cancel(id, new Principal("ann"));
    model.slow = false;
    await(() -> {
      try {
        create("{\"input\":\"one\",\"background\":true}");
        return true;
      } catch (LlmException full) {
        return false;
      }
    });
  }

  @ParameterizedTest
  @EnumSource
  void whoWatchesLeavesAndTheAnswerGoesOn(Kind kind) throws Exception {
    open(kind);
    model.slow = true;
    String id = id(create("{\"input\":\"one\",\"background\":true}"));
    var watcher = call("ann");
    ToldAnswer told = responses.events(id, -1, watcher);
    try (var stream = told.open()) {
      stream.next();
      watcher.cancel(CancelReason.DEADLINE);
      StreamEvent event = stream.next();
      var frames = new ByteArrayOutputStream();
      while (!(event instanceof StreamEvent.Terminal)) {
        event = stream.next();
      }
      told.encode(event, frames);
      assertThat(frames.toString(UTF_8)).startsWith("event: error").contains("deadline_exceeded");
    }
    assertThat(get(id)).contains("\"status\":\"in_progress\",\"background\"");
  }

  @ParameterizedTest
  @EnumSource
  void whatRanWhenTheServerStoppedIsToldAsFailed(Kind kind) throws Exception {
    open(kind);
    model.slow = true;
    String id = id(create("{\"input\":\"one\",\"background\":true}"));
    await(() -> has(id, "\"text\":\"ye\""));
    responses.close();
    assertThat(get(id))
        .contains("\"status\":\"failed\",\"background\"", "shutting down", "\"text\":\"ye\"");
  }

  @ParameterizedTest
  @EnumSource
  void whatRanWhenTheServerDiedIsToldAsFailed(Kind kind) throws Exception {
    open(kind);
    var other =
        new ResponseArchive(store, IdSource.RANDOM, timer.time()); // of a server that then died
    String id = other.newId();
    other.begin(
        new StoredResponse.Request(
            new Answer.Identity(id, 7, true),
            "ann",
            "mock",
            new Asked(JsonText.EMPTY_OBJECT),
            false,
            Optional.empty(),
            List.of()));
    String told = get(id);
    assertThat(told)
        .contains("\"status\":\"failed\",\"background\":true", "The server stopped while");
    if (kind == Kind.JOURNAL) {
      store.close();
      store = journal();
      serve(ResponsesSettings.DEFAULTS);
    }
    assertThat(get(id)).as("and stays so").isEqualTo(told);
  }

  @ParameterizedTest
  @EnumSource
  void aKeptAnswerIsStreamedAgain(Kind kind) throws Exception {
    open(kind);
    String whole = create("{\"input\":\"one\"}");
    String told = events(responses.events(id(whole), -1, call("ann")));
    assertThat(told).contains("\"delta\":\"yes\"", "\"response\":" + whole);
    assertThat(events(responses.events(id(whole), 3, call("ann"))))
        .startsWith("event: response.completed")
        .contains(whole);
  }
}
