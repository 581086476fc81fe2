package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import llm.core.connection.Handshake;
import llm.core.telemetry.Level;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("C-1, P-11 an upstream's connection is warm before the first request, and stays so")
@Timeout(60)
class WarmConnectionTest {

  @ParameterizedTest
  @ValueSource(strings = {"lean", "jdk"})
  void theNextRequestGoesOverTheConnectionThatPingsKeptOpen(String client) throws LlmException {
    try (var rig = WarmRig.open("client: " + client)) {
      rig.await("conn_handshake_finish", 1);
      for (int ping = 1; ping <= 6; ping++) { // longer than keep_alive_seconds in all
        rig.nextPing(ping);
      }
      assertThat(rig.gateway.complete(Upstreams.ask("up/m"), rig.call).text()).isEqualTo("Hi");
      assertThat(rig.server.connections()).isEqualTo(1);
      assertThat(rig.server.requests()).hasSizeGreaterThanOrEqualTo(8);
    }
  }

  @Test
  void theFirstQuestionForModelsIsThePing() {
    try (var rig = WarmRig.open()) {
      var finish = rig.await("conn_handshake_finish", 1);
      assertThat(finish.logger()).isEqualTo("llm.conn");
      assertThat(finish.level()).isEqualTo(Level.INFO);
      assertThat(finish.fields()).containsKeys("provider", "ms", "ping_ms", "status");
      rig.nextPing(1);
      // Two questions at most at the start: whoever comes second takes the first one's answer,
      // unless that was there before it came.
      assertThat(rig.asked()).hasSizeBetween(2, 3).containsOnly("GET /v1/models");
      assertThat(rig.server.connections()).isEqualTo(1);
      assertThat(rig.telemetry.trail())
          .containsSubsequence(
              "conn_handshake_start",
              "conn_handshake_finish",
              "keep_alive_ping_start",
              "keep_alive_ping_finish");
    }
  }

  @Test
  void aConnectionThatTheUpstreamClosedIsThereAgainBeforeItIsNeeded() throws LlmException {
    try (var rig = WarmRig.open()) {
      rig.await("conn_handshake_finish", 1);
      rig.server.awaitIdle(1);
      rig.server.closeIdle();
      rig.server.awaitEnded(1);
      rig.nextPing(1);
      rig.server.awaitConnections(2);
      rig.gateway.complete(Upstreams.ask("up/m"), rig.call);
      assertThat(rig.server.connections()).isEqualTo(2);
      assertThat(rig.server.requests().getLast().connection()).isEqualTo(2);
    }
  }

  @Test
  void methodAndPathAreConfigurableAndAnyStatusIsAConnection() throws LlmException {
    var server = FaultUpstream.open();
    server.otherwise(request ->
        request.target().equals("/v1/wrong")
            ? Reply.whole(404, "text/plain", "")
            : WarmRig.answer(request));
    try (var rig = new WarmRig(server, "warm: {ping_method: head, ping_path: /wrong}")) {
      var finish = rig.await("conn_handshake_finish", 1);
      assertThat(finish.text("status")).contains("404");
      var ping = rig.nextPing(1);
      assertThat(ping.level()).isEqualTo(Level.DEBUG);
      assertThat(ping.fields()).containsEntry("status", 404L).doesNotContainKey("error");
      rig.gateway.complete(Upstreams.ask("up/m"), rig.call);
      assertThat(server.connections()).isEqualTo(1);
      assertThat(rig.asked()).contains("HEAD /v1/wrong");
      assertThat(rig.gateway.health().get("up").detail()).contains("Connection warm");
      assertThat(rig.telemetry.trail()).doesNotContain("connection_lost");
      assertThat(
              rig.telemetry
                  .metrics()
                  .sum("llm_connection_pings_total", "provider", "up", "status", "404"))
          .hasValue(2);
    }
  }

  @Test
  void anUpstreamThatRefusesTheKeyIsConnected() {
    var server = FaultUpstream.open();
    server.otherwise(_ -> Reply.whole(401, "application/json", "{}"));
    try (var rig = new WarmRig(server)) {
      assertThat(rig.await("conn_handshake_finish", 1).text("status")).contains("401");
      assertThat(rig.telemetry.trail()).doesNotContain("connection_lost");
    }
  }

  @Test
  void whatIsLostAndBackIsSaidOnce() {
    var server = FaultUpstream.open();
    server.otherwise(_ -> Reply.nothing().reset());
    try (var rig = new WarmRig(server, "warm: {ping_path: /ping}")) {
      assertThat(rig.await("conn_handshake_finish", 1).text("error")).contains("provider_failed");
      clockOnFor(rig, "conn_handshake_finish", 2);
      clockOnFor(rig, "conn_handshake_finish", 3);
      assertThat(rig.telemetry.events("connection_lost")).hasSize(1);
      assertThat(rig.telemetry.events("conn_handshake_finish"))
          .extracting(event -> event.level())
          .containsExactly(Level.INFO, Level.DEBUG, Level.DEBUG);
      assertThat(rig.gateway.health().get("up").detail()).contains("Connection lost.");

      server.otherwise(WarmRig::answer);
      clockOnFor(rig, "conn_handshake_finish", 4);
      rig.nextPing(1);
      assertThat(rig.telemetry.events("connection_back")).hasSize(1);
      assertThat(
              rig.telemetry
                  .metrics()
                  .sum("llm_connection_pings_total", "provider", "up", "status", "failed"))
          .hasValue(3);
    }
  }

  @Test
  void aPingThatIsNotAnsweredEndsAtItsTimeAndNoSecondOneIsSentBeside() {
    var server = FaultUpstream.open();
    server.otherwise(
        request -> request.target().endsWith("/ping") ? Reply.nothing() : WarmRig.answer(request));
    try (var rig = new WarmRig(server, "warm: {ping_path: /ping, timeout_seconds: 60}")) {
      Upstreams.await(() -> pings(rig) == 1);
      rig.clock.advance(Duration.ofSeconds(59)); // more than two intervals
      assertThat(pings(rig)).isEqualTo(1);
      assertThat(rig.telemetry.trail()).doesNotContain("conn_handshake_finish");
      rig.clock.advance(Duration.ofSeconds(1));
      var finish = rig.await("conn_handshake_finish", 1);
      assertThat(finish.text("error")).contains("deadline_exceeded");
      clockOn(rig);
      Upstreams.await(() -> pings(rig) == 2);
    }
  }

  @Test
  void aRequestThatNeedsThePlaceOfAPingGetsIt() throws LlmException {
    var server = FaultUpstream.open();
    server.otherwise(
        request -> request.target().endsWith("/ping") ? Reply.nothing() : WarmRig.answer(request));
    try (var rig = new WarmRig(server, "max_connections: 1", "warm: {ping_path: /ping}")) {
      Upstreams.await(() -> pings(rig) == 1);
      assertThat(rig.gateway.complete(Upstreams.ask("up/m"), rig.call).text()).isEqualTo("Hi");
      var finish = rig.await("conn_handshake_finish", 1);
      assertThat(finish.text("error")).contains("cancelled");
      assertThat(rig.telemetry.trail()).doesNotContain("connection_lost");
    }
  }

  @Test
  void aRequestThatNeedsThePlaceOfAnEmptyGenerationGetsIt() throws LlmException {
    var server = FaultUpstream.open();
    server.otherwise(request ->
        request.body().contains("\"content\":\"\"") ? Reply.nothing() : WarmRig.answer(request));
    try (var rig = new WarmRig(server, "max_connections: 1", "warm: {generation: always}")) {
      Upstreams.await(() -> posts(rig).size() == 1);
      assertThat(rig.gateway.complete(Upstreams.ask("up/m"), rig.call).text()).isEqualTo("Hi");
      assertThat(rig.await("conn_handshake_finish", 1).text("error")).contains("cancelled");
      assertThat(rig.telemetry.trail()).doesNotContain("empty_generation_failed");
    }
  }

  @Test
  void noPingIsSentWhereRequestsHaveEveryConnection() throws LlmException {
    var gate = new Gate();
    try (var rig = WarmRig.open("max_connections: 1", "warm: {ping_path: /ping}")) {
      rig.await("conn_handshake_finish", 1);
      rig.server.answer(Reply.chunkedHead("text/event-stream").pause(gate));
      try (var stream = rig.gateway.stream(Upstreams.ask("up/m"), rig.call)) {
        assertThat(rig.nextPing(1).text("error")).contains("overloaded");
        assertThat(pings(rig)).isEqualTo(1);
        assertThat(stream.hasReady()).isFalse();
      }
      gate.open();
    }
  }

  @Test
  void afterTheIdleTimeNothingGoesOutUntilTheNextRequestOrLook() throws LlmException {
    try (var rig = WarmRig.open("warm: {idle_seconds: 60}")) {
      rig.await("conn_handshake_finish", 1);
      rig.nextPing(1);
      rig.nextPing(2);
      clockOn(rig);
      assertThat(rig.telemetry.trail()).contains("connection_rests");
      int before = rig.server.requests().size();
      rig.clock.advance(Duration.ofDays(3));
      assertThat(rig.server.requests()).hasSize(before);

      assertThat(rig.gateway.health().get("up").detail()).contains("Connection at rest");
      Upstreams.await(() -> rig.server.requests().size() == before + 1); // a look asks, once
      rig.gateway.health();
      rig.clock.advance(Duration.ofHours(2));
      assertThat(rig.server.requests()).hasSize(before + 1);
      assertThat(rig.telemetry.events("keep_alive_ping_finish")).hasSize(2);

      rig.gateway.complete(Upstreams.ask("up/m"), rig.call);
      rig.nextPing(3);
      assertThat(rig.gateway.health().get("up").detail()).contains("Connection warm");
    }
  }

  @Test
  void aRequestIsAsGoodAsAPing() throws LlmException {
    try (var rig = WarmRig.open()) {
      rig.await("conn_handshake_finish", 1);
      for (int round = 0; round < 10; round++) {
        rig.clock.advance(Duration.ofSeconds(20));
        rig.gateway.complete(Upstreams.ask("up/m"), rig.call);
      }
      assertThat(rig.telemetry.trail()).doesNotContain("keep_alive_ping_start");
      assertThat(rig.server.connections()).isEqualTo(1);
    }
  }

  @Test
  void anEmptyTextIsGeneratedOnlyWhereTheUserAsksForIt() {
    try (var rig = WarmRig.open()) {
      rig.await("conn_handshake_finish", 1);
      rig.nextPing(1);
      assertThat(rig.asked()).noneMatch(asked -> asked.startsWith("POST"));
    }
    try (var rig = WarmRig.open("warm: {generation: handshake, generation_model: n}")) {
      var finish = rig.await("conn_handshake_finish", 1);
      assertThat(finish.fields()).containsKey("generation_ms");
      assertThat(rig.nextPing(1).fields()).doesNotContainKey("generation_ms");
      List<Received> posts = posts(rig);
      assertThat(posts).hasSize(1);
      assertThat(posts.getFirst().body())
          .contains("\"model\":\"n\"", "\"content\":\"\"", "\"max_tokens\":1");
      assertThat(rig.telemetry.events("llm_request"))
          .as("what may cost money is accounted for")
          .singleElement()
          .satisfies(line -> assertThat(line.text("principal")).contains("llm.conn"));
    }
    try (var rig = WarmRig.open("warm: {generation: always, idle_seconds: 60}")) {
      rig.await("conn_handshake_finish", 1);
      assertThat(rig.nextPing(1).fields()).containsKey("generation_ms");
      rig.nextPing(2);
      clockOn(rig);
      assertThat(posts(rig)).hasSize(3);
      assertThat(rig.telemetry.trail()).as("ours are no requests").contains("connection_rests");
    }
  }

  @Test
  void aGenerationThatFailsLeavesTheConnectionWarm() {
    var server = FaultUpstream.open();
    server.otherwise(request ->
        request.method().equals("POST")
            ? Reply.whole(400, "application/json", "{\"error\":{\"message\":\"no empty text\"}}")
            : WarmRig.answer(request));
    try (var rig = new WarmRig(server, "warm: {generation: always}")) {
      rig.await("conn_handshake_finish", 1);
      rig.await("empty_generation_failed", 1);
      rig.nextPing(1);
      assertThat(rig.telemetry.events("empty_generation_failed")).hasSize(1);
      assertThat(rig.telemetry.trail()).doesNotContain("connection_lost");
      assertThat(rig.gateway.health().get("up").detail()).contains("Connection warm");
    }
  }

  @Test
  void aHandshakeThatIsAskedForTellsItsParts() throws LlmException {
    try (var rig = WarmRig.open("warm: {enabled: false}")) {
      Handshake made = rig.gateway.connections().handshake(new ModelName("up/m"), rig.call);
      assertThat(made.provider()).isEqualTo("up");
      assertThat(made.status()).hasValue(200);
      assertThat(made.generation()).isPresent();
      assertThat(posts(rig)).hasSize(1);
      assertThat(rig.gateway.connections().last("up")).contains(made);

      assertThat(rig.gateway.connections().handshake("up", rig.call).generation()).isEmpty();
      rig.clock.advance(Duration.ofHours(1));
      assertThat(rig.telemetry.trail()).doesNotContain("keep_alive_ping_start");
      assertThat(rig.gateway.health().get("up").detail()).doesNotContain("Connection");
    }
  }

  @Test
  void aHandshakeWithNobodyFailsAsARequestWould() {
    try (var rig = WarmRig.open("warm: {enabled: false}")) {
      rig.server.close();
      var failure =
          catchThrowableOfType(
              LlmException.class, () -> rig.gateway.connections().handshake("up", rig.call));
      assertThat(failure.error()).isInstanceOf(LlmError.ProviderUnreachable.class);
      assertThat(
              catchThrowableOfType(
                      LlmException.class,
                      () -> rig.gateway.connections().handshake("nobody", rig.call))
                  .error()
                  .message())
          .contains("nobody", "up");
    }
  }

  @Test
  void closingEndsThePingUnderWayAndTheRest() {
    var server = FaultUpstream.open();
    server.otherwise(_ -> Reply.nothing());
    var rig = new WarmRig(server, "warm: {ping_path: /ping}");
    rig.await("conn_handshake_start", 1);
    rig.server.take(); // the question for models, or the ping
    rig.gateway.close();
    rig.await("conn_handshake_finish", 1);
    int asked = server.requests().size();
    rig.clock.advance(Duration.ofDays(1));
    assertThat(server.requests()).hasSize(asked);
    rig.close();
  }

  private static void clockOn(WarmRig rig) {
    rig.clock.advance(Duration.ofSeconds(25));
  }

  private static void clockOnFor(WarmRig rig, String event, int count) {
    clockOn(rig);
    rig.await(event, count);
  }

  private static long pings(WarmRig rig) {
    return rig.asked().stream().filter(asked -> asked.endsWith("/v1/ping")).count();
  }

  private static List<Received> posts(WarmRig rig) {
    return rig.server.requests().stream().filter(got -> got.method().equals("POST")).toList();
  }
}
