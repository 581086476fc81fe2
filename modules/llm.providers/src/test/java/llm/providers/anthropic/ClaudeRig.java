package llm.providers.anthropic;

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
import llm.core.testkit.Received;
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

/** A scripted upstream that speaks Messages and the provider that asks it, over a real socket. */
final class ClaudeRig implements AutoCloseable {
  static final String MODELS =
      "{\"data\":[{\"type\":\"model\",\"id\":\"claude-sonnet-4-5\",\"display_name\":\"S\","
          + "\"created_at\":\"2025-09-29T00:00:00Z\",\"max_tokens\":64000},"
          + "{\"type\":\"model\",\"id\":\"claude-opus-4-6\"}],\"has_more\":false,"
          + "\"first_id\":\"claude-sonnet-4-5\",\"last_id\":\"claude-opus-4-6\"}";
  static final String START =
      event(
          "message_start",
          "{'type':'message_start','message':{'id':'msg_1','type':'message','role':'assistant',"
              + "'model':'claude-sonnet-4-5-20250929','content':[],'stop_reason':null,"
              + "'stop_sequence':null,'usage':{'input_tokens':7,'cache_creation_input_tokens':3,"
              + "'cache_read_input_tokens':20,'output_tokens':1,'service_tier':'standard'}}}");
  static final String STOP = event("message_stop", "{'type':'message_stop'}");
  static final String PING = event("ping", "{'type': 'ping'}");

  final FaultUpstream server = FaultUpstream.open();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError(failure);
      });
  final CallScope call = Calls.open(alarms);
  final ChatProvider provider;
  private final List<Reply> replies = new ArrayList<>();

  ClaudeRig(String... settings) {
    this(Reply.ok("application/json", MODELS), settings);
  }

  ClaudeRig(Reply models, String... settings) {
    server.otherwise(request ->
        request.target().startsWith("/v1/models")
            ? models
            : replies.isEmpty()
                ? Reply.whole(500, "text/plain", "unscripted")
                : replies.removeFirst());
    provider = provider("refresh_seconds: 3600\n" + String.join("\n", settings));
  }

  /** The replies to the next questions. */
  ClaudeRig answer(Reply... next) {
    replies.addAll(List.of(next));
    return this;
  }

  private ChatProvider provider(String settings) {
    String yaml =
        "providers:\n anthropic:\n  base_url: " + server.uri() + "\n" + settings.indent(2);
    var config = TestConfig.yaml(yaml, Map.of("ANTHROPIC_API_KEY", "sk-ant-test"));
    var context =
        new ProviderContext(
            config.section("providers.anthropic"),
            telemetry,
            alarms,
            IdSource.RANDOM,
            Optional.empty());
    var setup = new AnthropicFactory().create(context);
    if (setup instanceof ProviderSetup.Several(var members)
        && members.get("anthropic") instanceof ProviderSetup.Ready(ChatProvider made)) {
      return made;
    }
    throw new AssertionError(config.problems() + ", " + setup);
  }

  static ChatRequest ask() {
    var name = new ModelName("anthropic/claude-sonnet-4-5");
    return ChatRequest.of(name, List.of(Message.user("hi"))).withMaxTokens(100);
  }

  List<StreamEvent> stream() throws LlmException {
    return StreamCheck.drain(provider.stream(ask(), call));
  }

  /** Why a stream was refused. */
  LlmError refusal() {
    try (var stream = provider.stream(ask(), call)) {
      throw new AssertionError("accepted: " + stream);
    } catch (LlmException refused) {
      return refused.error();
    }
  }

  Received posted() {
    return server.requests().stream()
        .filter(request -> request.method().equals("POST"))
        .findFirst()
        .orElseThrow();
  }

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

  /** An event as it is on the wire; quotes are written single. */
  static String event(String name, String json) {
    return "event: " + name + "\ndata: " + json.replace('\'', '"') + "\n\n";
  }

  static String begins(int index, String block) {
    return event(
        "content_block_start",
        "{'type':'content_block_start','index':" + index + ",'content_block':" + block + "}");
  }

  static String delta(int index, String delta) {
    return event(
        "content_block_delta",
        "{'type':'content_block_delta','index':" + index + ",'delta':" + delta + "}");
  }

  static String text(int index, String text) {
    return delta(index, "{'type':'text_delta','text':'" + text + "'}");
  }

  static String ends(int index) {
    return event("content_block_stop", "{'type':'content_block_stop','index':" + index + "}");
  }

  static String stops(String reason, int outputTokens) {
    return event(
        "message_delta",
        "{'type':'message_delta','delta':{'stop_reason':'"
            + reason
            + "','stop_sequence':null},'usage':{'output_tokens':"
            + outputTokens
            + "}}");
  }

  /** A stream of these pieces, each a chunk. */
  static Reply sse(String... pieces) {
    return Reply.chunked("text/event-stream; charset=utf-8", pieces);
  }

  @Override
  public void close() {
    provider.close();
    call.close();
    alarms.close();
    server.close();
  }
}
