package llm.server.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.Alarms;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.model.ModelSpec;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/** A provider of the models {@code mock} and {@code org/a b} that plays the test's script. */
final class FakeProvider implements ChatProvider {
  private static final ModelSpec SPEC =
      new ModelSpec(1000, 100, true, false, true, Optional.empty(), Optional.empty());

  private final Alarms alarms;
  private final List<Step> script;
  private final CompletableFuture<CancelReason> cancelled = new CompletableFuture<>();
  private volatile ProviderHealth health = new ProviderHealth(ProviderHealth.Status.UP, "Fine.");

  FakeProvider(Alarms alarms, Step... script) {
    this.alarms = alarms;
    this.script = List.of(script);
  }

  void becomes(ProviderHealth.Status status, String detail) {
    health = new ProviderHealth(status, detail);
  }

  CancelReason cancelled() throws Exception {
    return cancelled.get(10, TimeUnit.SECONDS);
  }

  @Override
  public String id() {
    return "fake";
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
    call.onCancel(() -> cancelled.complete(call.cancelled().orElseThrow()));
    return new ScriptedStream(script.iterator(), "fake", _ -> Usage.NONE, call, alarms, () -> {});
  }

  @Override
  public List<ModelInfo> models() {
    return List.of(model("mock"), model("org/a b"));
  }

  @Override
  public ProviderHealth health() {
    return health;
  }

  @Override
  public void close() {
    // nothing is held
  }

  private static ModelInfo model(String id) {
    return new ModelInfo(id, "fake", Instant.ofEpochSecond(1), Optional.of(SPEC), "For tests.");
  }
}
