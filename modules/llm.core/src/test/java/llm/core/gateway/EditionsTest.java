package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.provider.InstalledProviders.Made;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.Test;

class EditionsTest {
  private final ManualClock clock = new ManualClock();
  private final Editions.Source source =
      new Editions.Source(
          new RecordingTelemetry(), clock, IdSource.RANDOM, Optional.empty(), new Random(1));
  private final List<String> closed = new ArrayList<>();

  private Edition edition(ChatProvider... providers) {
    Map<String, ProviderSetup> setups = new LinkedHashMap<>();
    for (ChatProvider provider : providers) {
      setups.put(provider.id(), new ProviderSetup.Ready(provider));
    }
    var made = new Made(setups, Map.of(), java.util.Set.of());
    var policies = Policies.of(GatewaySettings.DEFAULTS);
    return source.of(policies, made, () -> Catalogue.EMPTY, _ -> List.of());
  }

  private CallScope call(String id) {
    return Calls.open(id, clock, Duration.ofHours(1));
  }

  private static TestProvider provider(String id) {
    return TestProvider.playing(id);
  }

  @Test
  void aProviderIsClosedWhenTheLastRequestOfItsEditionsEnds() {
    var kept = provider("kept");
    var first = edition(kept, provider("old"));
    var second = edition(kept, provider("new"));
    var third = edition(provider("other"));
    var editions = new Editions(first, one -> closed.add(one.id()));
    var early = call("1");
    var late = call("2");

    assertThat(editions.enter(first, early)).isSameAs(first);
    editions.become(second);
    assertThat(closed).isEmpty();
    assertThat(editions.enter(editions.current(), late)).isSameAs(second);
    early.end();
    assertThat(closed).containsExactly("old");
    assertThat(editions.enter(first, call("3"))).as("it has ended").isSameAs(second);
    editions.become(third);
    late.end();
    assertThat(closed).as("call 3 is with the second").containsExactly("old");
    editions.close();
    assertThat(closed).containsExactlyInAnyOrder("old", "kept", "new", "other");
  }

  @Test
  void anEditionThatIsRefusedTakesOnlyItsOwnProvidersAlong() {
    var kept = provider("kept");
    var editions = new Editions(edition(kept), one -> closed.add(one.id()));
    editions.discard(edition(kept, provider("fresh")));
    assertThat(closed).containsExactly("fresh");
  }
}
