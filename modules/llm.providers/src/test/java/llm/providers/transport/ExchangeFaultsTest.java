package llm.providers.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.domain.call.CancelReason;
import llm.providers.transport.TransportException.Kind;
import llm.providers.transport.TransportSettings.Client;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Silence, cancellation, full pools and dead connections; for both implementations. */
@Timeout(60)
class ExchangeFaultsTest {
  private static final Duration STEP = Duration.ofSeconds(100);
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void sendsWhatItWasGivenAndItsOwnFieldsOnce(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream.uri() + "/v1/")) {
      upstream.answer(Reply.ok("text/plain", "a"), Reply.ok("text/plain", "b"));
      assertThat(rig.outcome(Rig.post("/chat?x=1", "{\"a\":1}"))).isEqualTo("200 a");
      assertThat(rig.outcome(Rig.get("/models"))).isEqualTo("200 b");
      Received post = upstream.take();
      assertThat(post.method() + " " + post.target()).isEqualTo("POST /v1/chat?x=1");
      assertThat(post.headers("host")).containsExactly("127.0.0.1:" + upstream.port());
      assertThat(post.headers("content-length")).containsExactly("7");
      assertThat(post.headers("content-type")).containsExactly("application/json");
      assertThat(post.body()).isEqualTo("{\"a\":1}");
      Received get = upstream.take();
      assertThat(get.method() + " " + get.target()).isEqualTo("GET /v1/models");
      assertThat(get.connection()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void carriesLargeBodiesBothWays(Client client) {
    String large = "0123456789abcdef".repeat(200_000);
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.otherwise(request -> Reply.ok("text/plain", request.body()));
      assertThat(rig.outcome(Rig.post("/x", large))).isEqualTo("200 " + large);
      assertThat(rig.outcome(Rig.post("/x", "small"))).isEqualTo("200 small");
      assertThat(upstream.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void headHasNoBodyWhateverItsLengthSays(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(Reply.raw(HEAD), Reply.ok("text/plain", "next"));
      var head = new UpstreamRequest("HEAD", "/x", List.of(), UpstreamRequest.Body.NONE);
      assertThat(rig.outcome(head)).isEqualTo("200 ");
      assertThat(rig.outcome()).isEqualTo("200 next");
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void givesEachEventWhenItCame(Client client) throws Exception {
    var gate = new Gate();
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = rig.call()) {
      upstream.answer(
          Reply.chunkedHead("text/event-stream").chunk("one").pause(gate).chunk("two").lastChunk());
      try (var response = rig.transport.send(Rig.post("/x", "{}"), call)) {
        assertThat(response.header("CONTENT-type")).contains("text/event-stream");
        assertThat(response.header("content")).isEmpty();
        assertThat(response.body().readNBytes(3)).isEqualTo("one".getBytes());
        gate.awaitReached();
        gate.open();
        assertThat(response.body().readAllBytes()).isEqualTo("two".getBytes());
      }
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void silenceBeforeTheHeadIsATimeout(Client client) throws Exception {
    silence(client, Reply.nothing().awaitClose(), "TIMEOUT");
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void silenceInTheHeadIsATimeout(Client client) throws Exception {
    silence(client, Reply.raw("HTTP/1.1 200 OK\r\nX").awaitClose(), "TIMEOUT");
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void silenceInTheBodyIsATimeout(Client client) throws Exception {
    silence(client, Reply.raw(HEAD + "hello").awaitClose(), "200 TIMEOUT");
  }

  private static void silence(Client client, Reply reply, String outcome) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(reply, Reply.ok("text/plain", "next"));
      var head = new Gate();
      var result = Rig.start(() -> rig.outcome(head::open));
      upstream.take();
      if (outcome.startsWith("200")) {
        head.pass(); // else the clock could overtake the head
      }
      assertThat(rig.advanceUntil(result, STEP)).isEqualTo(outcome);
      upstream.awaitEnded(1);
      rig.requireNothingLeaked();
      assertThat(rig.outcome()).isEqualTo("200 next");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aCallCancelledBeforehandSendsNothing(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = rig.call()) {
      call.cancel(CancelReason.USER);
      assertThat(rig.outcome(Rig.post("/x", "{}"), call)).isEqualTo("CANCELLED");
      assertThat(upstream.requests()).isEmpty();
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aCancellationEndsTheWaitForTheHead(Client client) throws Exception {
    cancelDuring(client, Reply.nothing().awaitClose(), "CANCELLED");
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aCancellationEndsAReadAndTheUpstreamSeesIt(Client client) throws Exception {
    cancelDuring(client, Reply.raw(HEAD + "hello").awaitClose(), "200 CANCELLED");
  }

  private static void cancelDuring(Client client, Reply reply, String outcome) throws Exception {
    var gate = new Gate();
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = rig.call()) {
      upstream.answer(reply);
      var result =
          Rig.start(() -> {
            try (var response = rig.transport.send(Rig.post("/x", "{}"), call)) {
              gate.open();
              return response.status() + " " + Rig.body(response);
            } catch (TransportException failed) {
              return failed.kind().name();
            }
          });
      upstream.take();
      if (outcome.startsWith("200")) {
        gate.pass();
      }
      call.cancel(CancelReason.CLIENT_GONE);
      assertThat(Rig.await(result)).endsWith("CANCELLED");
      upstream.awaitEnded(1);
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void theDeadlineOfTheCallCancels(Client client) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = Calls.open(rig.clock, Duration.ofSeconds(30))) {
      upstream.answer(Reply.nothing().awaitClose());
      var result = Rig.start(() -> rig.outcome(Rig.post("/x", "{}"), call));
      upstream.take();
      rig.clock.advance(Duration.ofSeconds(31));
      assertThat(Rig.await(result)).isEqualTo("CANCELLED");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void closingFromAnotherThreadEndsARead(Client client) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = rig.call()) {
      upstream.answer(Reply.raw(HEAD + "hello").awaitClose(), Reply.ok("text/plain", "next"));
      var response = rig.transport.send(Rig.post("/x", "{}"), call);
      var result = Rig.start(() -> Rig.body(response));
      response.close();
      response.close();
      assertThat(Rig.await(result)).endsWith("CANCELLED");
      upstream.awaitEnded(1);
      rig.requireNothingLeaked();
      assertThat(rig.outcome()).isEqualTo("200 next");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void anAnswerLeftUnreadIsAbandoned(Client client) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream);
        var call = rig.call()) {
      upstream.answer(Reply.raw(HEAD + "hel").awaitClose(), Reply.ok("text/plain", "next"));
      InputStream body;
      try (var response = rig.transport.send(Rig.post("/x", "{}"), call)) {
        body = response.body();
        assertThat(body.read()).isEqualTo('h');
      }
      assertThatThrownBy(body::read).isInstanceOf(TransportException.class);
      upstream.awaitEnded(1);
      rig.requireNothingLeaked();
      assertThat(rig.outcome()).isEqualTo("200 next");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void whoWaitsForAConnectionIsServedInTurn(Client client) throws Exception {
    var gate = new Gate();
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream, "max_connections: 1")) {
      upstream.answer(Reply.nothing().pause(gate).send(HEAD + "0123456789"));
      upstream.otherwise(request -> Reply.ok("text/plain", request.body()));
      var first = Rig.start(rig::outcome);
      gate.awaitReached();
      var second = Rig.start(() -> rig.outcome(Rig.post("/x", "second")));
      awaitWaiting(rig, 1);
      var third = Rig.start(() -> rig.outcome(Rig.post("/x", "third")));
      awaitWaiting(rig, 2);
      gate.open();
      assertThat(Rig.await(first)).isEqualTo("200 0123456789");
      assertThat(Rig.await(second)).isEqualTo("200 second");
      assertThat(Rig.await(third)).isEqualTo("200 third");
      assertThat(upstream.requests()).extracting(Received::body).endsWith("second", "third");
      assertThat(upstream.connections()).isEqualTo(1);
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void whoWaitsTooLongOrInVainIsRefused(Client client) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig =
            Rig.open(
                client,
                upstream,
                "max_connections: 1",
                "max_waiting: 2",
                "first_byte_timeout_seconds: 3600");
        var cancelled = rig.call();
        var holder = rig.call()) {
      upstream.answer(Reply.nothing().awaitClose());
      var first = Rig.start(() -> rig.outcome(Rig.post("/x", "{}"), holder));
      upstream.take();
      var second = Rig.start(rig::outcome);
      var third = Rig.start(() -> rig.outcome(Rig.post("/x", "{}"), cancelled));
      awaitWaiting(rig, 2);
      assertThat(rig.outcome()).isEqualTo("POOL_EXHAUSTED");
      cancelled.cancel(CancelReason.USER);
      assertThat(Rig.await(third)).isEqualTo("CANCELLED");
      // It notes its limit after it was counted among those that wait.
      assertThat(rig.advanceUntil(second, Duration.ofSeconds(5))).isEqualTo("POOL_EXHAUSTED");
      holder.cancel(CancelReason.USER);
      assertThat(Rig.await(first)).isEqualTo("CANCELLED");
      rig.requireNothingLeaked();
      assertThat(upstream.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aConnectionClosedWhileItRestedIsNotUsed(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(Reply.ok("text/plain", "one"), Reply.ok("text/plain", "two"));
      assertThat(rig.outcome()).isEqualTo("200 one");
      upstream.awaitIdle(1);
      upstream.closeIdle();
      upstream.awaitEnded(1);
      assertThat(rig.outcome(Rig.get("/x"))).isEqualTo("200 two");
      assertThat(upstream.requests()).hasSize(2);
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void whatNobodyAskedForIsNotTakenForTheNextAnswer(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(Reply.ok("text/plain", "one"), Reply.ok("text/plain", "two"));
      assertThat(rig.outcome()).isEqualTo("200 one");
      upstream.awaitIdle(1);
      upstream.sendToIdle("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad");
      if (client == Client.JDK) {
        upstream.awaitEnded(1); // it sees them in a thread of its own
      }
      assertThat(rig.outcome(Rig.get("/x"))).isEqualTo("200 two");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aRequestThatMetADeadConnectionIsSentOnceMore() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream)) {
      for (Reply dead : List.of(Reply.nothing().fin(), Reply.nothing().reset())) {
        upstream.answer(Reply.ok("text/plain", "one"), dead, Reply.ok("text/plain", "two"));
        assertThat(rig.outcome()).isEqualTo("200 one");
        assertThat(rig.outcome()).isEqualTo("200 two");
      }
      assertThat(rig.metric("upstream_stale_retries_total{provider=\"test\"}")).isEqualTo(2);
      assertThat(upstream.connections()).isEqualTo(3);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void itIsNotSentAThirdTimeNorAfterAByteCame() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream)) {
      upstream.answer(Reply.ok("text/plain", "one"), Reply.nothing().fin(), Reply.nothing().fin());
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(rig.outcome()).isEqualTo("CUT");
      assertThat(upstream.requests()).hasSize(3);
      upstream.answer(Reply.ok("text/plain", "one"), Reply.raw("H").fin());
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(rig.outcome()).isEqualTo("CUT");
      assertThat(upstream.requests()).hasSize(5);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void theJdksClientNeverRepeatsAPost() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.JDK, upstream)) {
      upstream.answer(Reply.ok("text/plain", "one"), Reply.nothing().fin());
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(rig.outcome()).isEqualTo("CUT");
      assertThat(upstream.requests()).hasSize(2);
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aClosedTransportEndsWhatIsUnderWayAndTakesNothingNew(Client client) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(Reply.nothing().awaitClose());
      var result = Rig.start(rig::outcome);
      upstream.take();
      rig.transport.close();
      assertThat(Rig.await(result)).isEqualTo("CANCELLED");
      assertThat(rig.outcome()).isEqualTo("CANCELLED");
      upstream.awaitEnded(1);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void anAnswerBeforeTheWholeRequestWasTakenCounts() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream)) {
      var refusal = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig";
      upstream.greet(Reply.raw(refusal).fin());
      assertThat(rig.outcome(Rig.post("/x", "a".repeat(20_000_000)))).isIn("413 big", "CUT");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void tellsKindsApartByExceptionsThatNameNoSecret() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream);
        var call = rig.call()) {
      upstream.answer(Reply.raw("SSH-2.0\r\n"));
      assertThatThrownBy(() -> rig.transport.send(Rig.post("/x", "{}"), call))
          .isInstanceOfSatisfying(
              TransportException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
          .hasMessageContaining("127.0.0.1:" + upstream.port())
          .hasMessageContaining("does not begin with HTTP/1.");
    }
  }

  /** Waits until this many requests queue for a permit. */
  private static void awaitWaiting(Rig rig, int count) {
    while (rig.permits().waiting() < count) {
      Thread.onSpinWait();
    }
  }
}
