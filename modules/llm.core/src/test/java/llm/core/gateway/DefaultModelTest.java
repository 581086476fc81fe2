package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.MemoryStanding;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.ModelMemory;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Who answers requests that name no model")
class DefaultModelTest {
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  /** Models of this process, some of which are missing, and what was loaded of them. */
  private static final class Here implements ChatProvider, ModelMemory {
    private final String id;
    private final List<String> models;
    private final List<String> warmed = new ArrayList<>();

    private Here(String id, String... models) {
      this.id = id;
      this.models = Arrays.asList(models);
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public boolean answersHere() {
      return true;
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
      throw new AssertionError("nobody asks");
    }

    @Override
    public List<ModelInfo> models() {
      return models.stream()
          .map(name -> new ModelInfo(name, id, Instant.EPOCH, Optional.empty(), "For tests."))
          .toList();
    }

    @Override
    public void validateModel(ModelName model) throws LlmException {
      if (model.value().equals("missing")) {
        throw new LlmException(new LlmError.ModelUnavailable("missing", "It is under repair."));
      }
      ChatProvider.super.validateModel(model);
    }

    @Override
    public Optional<ModelMemory> memory() {
      return Optional.of(this);
    }

    @Override
    public void warm(ModelName model) {
      warmed.add(model.value());
    }

    @Override
    public Change load(ModelName model, OptionalInt contextTokens) {
      throw new AssertionError("nobody asks");
    }

    @Override
    public Change unload(ModelName model) {
      throw new AssertionError("nobody asks");
    }

    @Override
    public Optional<ModelResidence> residence(ModelName model) {
      return Optional.empty();
    }

    @Override
    public MemoryStanding standing() {
      throw new AssertionError("nobody asks");
    }

    @Override
    public ProviderHealth health() {
      return new ProviderHealth(ProviderHealth.Status.UP, "fine");
    }

    @Override
    public void close() {}
  }

  private Gateway gateway(String yaml, ChatProvider... providers) {
    return gateway(TestConfig.yaml(yaml), providers);
  }

  private Gateway gateway(TestConfig config, ChatProvider... providers) {
    return Gateway.of(
        GatewaySettings.read(config.section("gateway")),
        Arrays.stream(providers).<ProviderSetup>map(ProviderSetup.Ready::new).toList(),
        new Gateway.Routing(config.root(), new Random(1)),
        Catalogue.read(TestConfig.yaml("").root()),
        telemetry,
        new ManualClock(),
        IdSource.RANDOM,
        _ -> {});
  }

  private static Here mock() {
    return new Here("mock", "mock");
  }

  private static ChatProvider upstream() {
    return TestProvider.playing("upstream");
  }

  @Test
  void theModelThatComesWithTheProgramWhereNothingElseIsConfigured() {
    assertThat(gateway("", new Here("local", "builtin"), mock()).defaultModel())
        .isEqualTo("builtin");
  }

  @Test
  void aConfiguredModelOfThisProcessComesFirst() {
    assertThat(gateway("", new Here("local", "local", "builtin"), mock()).defaultModel())
        .isEqualTo("local");
  }

  @Test
  void whatTheConfigurationNamesComesBeforeAll() {
    var local = new Here("local", "local", "builtin");
    assertThat(gateway("gateway: {default_model: mock}", local, mock()).defaultModel())
        .isEqualTo("mock");
    assertThat(gateway("gateway: {default_model: builtin}", local, mock()).defaultModel())
        .isEqualTo("builtin");
  }

  @Test
  void theMockWhereOthersCouldBeAskedOrNothingIsThere() {
    var builtin = new Here("local", "builtin");
    assertThat(gateway("", builtin, mock(), upstream()).defaultModel()).isEqualTo("mock");
    assertThat(
            gateway("routes: {fast: {targets: [{model: mock}]}}", builtin, mock()).defaultModel())
        .isEqualTo("mock");
    assertThat(
            gateway("routes: {'gpt-*': {targets: [{model: mock}]}}", builtin, mock())
                .defaultModel())
        .isEqualTo("mock");
    assertThat(gateway("", mock()).defaultModel()).isEqualTo("mock");
    assertThat(gateway("", new Here("local"), mock()).defaultModel()).isEqualTo("mock");
  }

  @Test
  void itIsLoadedAheadOnlyWhereItIsTheDefault() {
    var alone = new Here("local", "builtin");
    gateway("", alone, mock()).warmBuiltin();
    assertThat(alone.warmed).containsExactly("builtin");
    var beside = new Here("local", "local", "builtin");
    gateway("", beside, mock()).warmBuiltin();
    assertThat(beside.warmed).isEmpty();
  }

  @Test
  void aModelThatCouldBeServedSaysWhyItIsNot() {
    Gateway gateway = gateway("", new Here("local", "builtin"), mock());
    assertThat(
            catchThrowableOfType(LlmException.class, () -> gateway.resolve(Optional.of("missing")))
                .error())
        .isEqualTo(new LlmError.ModelUnavailable("missing", "It is under repair."));
    assertThat(
            catchThrowableOfType(LlmException.class, () -> gateway.resolve(Optional.of("never")))
                .error())
        .isEqualTo(new LlmError.ModelNotFound("never"));
  }

  @Test
  void theStartSaysSoOfARouteThatLeadsThere() {
    var config = TestConfig.yaml("routes: {fast: {targets: [{provider: local, model: missing}]}}");
    gateway(config, new Here("local", "builtin"), mock());
    assertThat(config.problems())
        .singleElement()
        .asString()
        .contains("'missing' is not there: It is under repair.");
  }
}
