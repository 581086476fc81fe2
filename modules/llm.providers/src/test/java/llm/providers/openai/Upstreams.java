package llm.providers.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ProviderHealth;

/** A scripted upstream {@code up} and the provider that asks it, over a real socket. */
final class Upstreams implements AutoCloseable {
  static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"m\"},{\"id\":\"org/n\"}]}";

  final FaultUpstream server = FaultUpstream.open();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError(failure);
      });
  final CallScope call = Calls.open(alarms);
  final ChatProvider provider;

  /** An upstream whose models are named, so that it is asked for answers alone. */
  static Upstreams named(String... settings) {
    return new Upstreams("models: [m]", settings);
  }

  /** One whose models are asked for. */
  static Upstreams listed(Reply models, String... settings) {
    return new Upstreams(models, "refresh_seconds: 3600", settings);
  }

  private Upstreams(String first, String... settings) {
    this(Reply.ok("application/json", MODELS), first, settings);
  }

  private Upstreams(Reply models, String first, String... settings) {
    var chat = new ArrayList<Reply>();
    replies = chat;
    server.otherwise(request ->
        request.target().endsWith("/models")
            ? models
            : chat.isEmpty() ? Reply.whole(500, "text/plain", "unscripted") : chat.removeFirst());
    provider = provider(server, alarms, telemetry, first + "\n" + String.join("\n", settings));
  }

  private final List<Reply> replies;

  /** The replies to the next questions. */
  Upstreams answer(Reply... next) {
    replies.addAll(List.of(next));
    return this;
  }

  static ChatProvider provider(
      FaultUpstream server, TimerThread alarms, RecordingTelemetry telemetry, String settings) {
    String yaml =
        "providers:\n openai_compatible:\n  upstreams:\n   up:\n    base_url: "
            + server.uri()
            + "/v1\n"
            + settings.indent(4);
    var config = TestConfig.yaml(yaml, Map.of("KEY", "sk-test"));
    var context =
        new ProviderContext(
            config.section("providers.openai_compatible"),
            telemetry,
            alarms,
            IdSource.RANDOM,
            Optional.empty());
    var setup = new OpenAiCompatibleFactory().create(context);
    if (setup instanceof ProviderSetup.Several(var members)
        && members.get("up") instanceof ProviderSetup.Ready(ChatProvider made)) {
      return made;
    }
    throw new AssertionError(config.problems() + ", " + setup);
  }

  static ChatRequest ask(String model) {
    return ChatRequest.of(new ModelName(model), List.of(Message.user("hi")));
  }

  /** The events of the answer to a stream of model {@code up/m}. */
  List<StreamEvent> stream() throws LlmException {
    return StreamCheck.drain(provider.stream(ask("up/m"), call));
  }

  /** Why a stream was refused. */
  LlmError refusal() {
    try (var stream = provider.stream(ask("up/m"), call)) {
      throw new AssertionError("accepted: " + stream);
    } catch (LlmException refused) {
      return refused.error();
    }
  }

  /** Waits until the provider's health is as wanted. */
  ProviderHealth awaitHealth(ProviderHealth.Status wanted) {
    await(() -> provider.health().status() == wanted);
    return provider.health();
  }

  /** Waits for what another thread does. */
  static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited for 20 s");
      }
      Thread.yield();
    }
  }

  @Override
  public void close() {
    provider.close();
    call.close();
    alarms.close();
    server.close();
  }
}
