package llm.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.provider.InstalledProviders.Made;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.Test;

class InstalledProvidersTest {
  private final List<ProviderContext> contexts = new ArrayList<>();
  private int settings;

  /** Keeps its context as real ones do. */
  private record Fake(ProviderContext context) implements ChatProvider {
    @Override
    public String id() {
      return "fake";
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<ModelInfo> models() {
      return List.of();
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

  private final class Factory implements ProviderFactory {
    @Override
    public String id() {
      return "fake";
    }

    @Override
    public ProviderSetup create(ProviderContext context) {
      contexts.add(context);
      return context.ready("fake", settings, () -> new Fake(context));
    }
  }

  private Made made(Made before) {
    return new InstalledProviders(
            TestConfig.yaml("providers: {}").root(),
            new RecordingTelemetry(),
            new ManualClock(),
            IdSource.RANDOM,
            Optional.empty())
        .made(before, List.of(new Factory()));
  }

  @Test
  void aProviderGoesOnAsLongAsItsSettingsAreTheSame() {
    Made first = made(Made.NOTHING);
    Made second = made(first);
    settings = 1;
    Made third = made(second);
    assertThat(second.setups()).isEqualTo(first.setups());
    assertThat(third.setups()).isNotEqualTo(first.setups());
  }

  @Test
  void aNewProviderKeepsNoneOfThoseBeforeIt() {
    Made first = made(Made.NOTHING);
    settings = 1;
    made(first);
    assertThat(contexts.getLast().running().keep("fake", 0, true)).isEmpty();
  }
}
