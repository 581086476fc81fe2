package llm.providers.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.domain.call.CancelReason;
import llm.providers.transport.TransportSettings.Client;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How connections come, rest and go. */
@Timeout(60)
class ConnectionsTest {
  private static final String CLOSED =
      "upstream_connections_closed_total{provider=\"test\",reason=";

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void aPortWithoutAListenerIsNoConnection(Client client) throws IOException {
    try (var held = new Socket()) { // nobody listens there, and nobody else gets the port meanwhile
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (var rig = Rig.open(client, "http://127.0.0.1:" + held.getLocalPort())) {
        assertThat(rig.outcome()).isEqualTo("CONNECT");
        rig.requireNothingLeaked();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void anUnknownNameIsNoConnection(Client client) {
    try (var rig = Rig.open(client, "http://nobody.invalid")) {
      assertThat(rig.outcome()).isEqualTo("CONNECT");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void triesEveryAddressOfAName() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, "http://localhost:" + upstream.port())) {
      upstream.answer(Reply.ok("text/plain", "here"));
      assertThat(rig.outcome()).isEqualTo("200 here");
      assertThat(upstream.take().header("host")).contains("localhost:" + upstream.port());
    }
  }

  @Test
  void aConnectThatHangsEndsWithItsLimitOrItsCall() throws Exception {
    try (var full = new FullBacklog();
        var rig = Rig.open(Client.LEAN, "http://127.0.0.1:" + full.port());
        var call = rig.call()) {
      var late = Rig.start(rig::outcome);
      assertThat(rig.advanceUntil(late, Duration.ofSeconds(2))).isEqualTo("CONNECT");
      var cancelled = Rig.start(() -> rig.outcome(Rig.get("/x"), call));
      while (rig.permits().taken() == 0) {
        Thread.onSpinWait();
      }
      call.cancel(CancelReason.USER);
      assertThat(Rig.await(cancelled)).isEqualTo("CANCELLED");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void usesTheLastUsedConnectionFirstAndDropsTheOneThatRestedTooLong() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream)) {
      upstream.otherwise(request -> Reply.ok("text/plain", "x"));
      openTwo(upstream, rig);
      assertThat(rig.metric("upstream_connections{provider=\"test\",state=\"idle\"}")).isEqualTo(2);
      rig.clock.advance(Duration.ofSeconds(60));
      assertThat(rig.outcome()).isEqualTo("200 x");
      rig.clock.advance(Duration.ofSeconds(45));
      upstream.awaitEnded(1);
      assertThat(rig.metric("upstream_connections{provider=\"test\",state=\"idle\"}")).isEqualTo(1);
      assertThat(rig.metric(CLOSED + "\"idle\"}")).isEqualTo(1);
      assertThat(rig.outcome()).isEqualTo("200 x");
      assertThat(upstream.connections()).isEqualTo(2);
      rig.clock.advance(Duration.ofSeconds(180));
      upstream.awaitEnded(2);
      assertThat(rig.clock.alarmCount()).as("alarms left when no connection is").isZero();
    }
  }

  @Test
  void keepsNoMoreThanTheIdleOnesAllowed() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_idle_connections: 1")) {
      upstream.otherwise(request -> Reply.ok("text/plain", "x"));
      openTwo(upstream, rig);
      upstream.awaitEnded(1);
      assertThat(rig.metric(CLOSED + "\"surplus\"}")).isEqualTo(1);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void heedsTheUpstreamsKeepAliveTimeout() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream)) {
      upstream.otherwise(
          request -> Reply.whole(200, "text/plain", "x", "Keep-Alive: max=9, timeout=5"));
      assertThat(rig.outcome()).isEqualTo("200 x");
      rig.clock.advance(Duration.ofMillis(4_400));
      assertThat(rig.outcome()).isEqualTo("200 x");
      assertThat(upstream.connections()).isEqualTo(1);
      rig.clock.advance(Duration.ofMillis(4_600));
      assertThat(rig.outcome()).isEqualTo("200 x");
      assertThat(upstream.connections()).isEqualTo(2);
    }
  }

  @Test
  void aConnectionOfACertainAgeIsNotUsedAgain() {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_age_seconds: 50")) {
      upstream.otherwise(request -> Reply.ok("text/plain", "x"));
      for (int i = 0; i < 5; i++) {
        assertThat(rig.outcome()).isEqualTo("200 x");
        rig.clock.advance(Duration.ofSeconds(20));
      }
      assertThat(upstream.connections()).isEqualTo(2);
      assertThat(rig.metric(CLOSED + "\"aged\"}")).isEqualTo(1);
    }
  }

  @Test
  void anEndThatCameAlreadySavesTheConnectionOfAReaderWhoStopsBeforeIt() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream);
        var call = rig.call()) {
      upstream.answer(
          Reply.raw(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + "3\r\none\r\n3\r\ntwo\r\n3\r\nend\r\n0\r\n\r\n"),
          Reply.ok("text/plain", "next"));
      try (var response = rig.transport.send(Rig.post("/x", "{}"), call)) {
        assertThat(response.body().read()).isEqualTo('o');
        assertThat(response.body().available()).isPositive();
        assertThat(response.body().readNBytes(2)).isEqualTo("ne".getBytes());
        assertThat(response.body().available()).as("the next chunk is here").isEqualTo(3);
      }
      assertThat(rig.outcome()).isEqualTo("200 next");
      assertThat(upstream.connections()).isEqualTo(1);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void warmConnectionsWaitForTheFirstRequests() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_idle_connections: 3");
        var call = rig.call()) {
      upstream.otherwise(request -> Reply.ok("text/plain", "x"));
      assertThat(rig.transport.warm(2, call)).isEqualTo(2);
      assertThat(rig.transport.warm(9, call)).isEqualTo(1);
      upstream.awaitConnections(3);
      assertThat(rig.outcome()).isEqualTo("200 x");
      assertThat(upstream.connections()).isEqualTo(3);
      assertThat(rig.telemetry.events("connection_open_start")).hasSize(3);
      assertThat(rig.telemetry.events("connection_open_finish").getFirst().fields())
          .containsKeys("provider", "upstream", "ms")
          .containsEntry("result", "open");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aHundredThreadsOnEightConnectionsLoseNothing() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_connections: 8")) {
      upstream.otherwise(request -> Reply.ok("text/plain", request.body()));
      var results = new ArrayList<CompletableFuture<String>>();
      for (int i = 0; i < 100; i++) {
        String own = "request " + i;
        results.add(
            Rig.start(() -> {
              for (int round = 0; round < 10; round++) {
                assertThat(rig.outcome(Rig.post("/x", own))).isEqualTo("200 " + own);
              }
              return own;
            }));
      }
      for (var result : results) {
        Rig.await(result);
      }
      assertThat(upstream.connections()).isLessThanOrEqualTo(8);
      assertThat(rig.metric("upstream_connections{provider=\"test\",state=\"active\"}")).isZero();
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aCloseThatMeetsAReadGivesTheConnectionBackOnce() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_connections: 1")) {
      upstream.otherwise(request -> Reply.events("a".repeat(50).split("")));
      for (int i = 0; i < 200; i++) {
        try (var call = rig.call()) {
          var response = rig.transport.send(Rig.post("/x", "{}"), call);
          var reader = Rig.start(() -> Rig.body(response));
          int spins = i % 30;
          for (int spin = 0; spin < spins * 100; spin++) {
            Thread.onSpinWait();
          }
          response.close();
          Rig.await(reader);
        }
        rig.requireNothingLeaked();
      }
    }
  }

  /** The close falls on every point of a read that gives one byte at a time. */
  @Test
  void aCloseBetweenTwoReadsGivesTheConnectionBackToo() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, upstream, "max_connections: 1")) {
      upstream.otherwise(
          request -> Reply.chunkedHead("text/plain").chunk("a".repeat(8_000)).awaitClose());
      for (int i = 0; i < 1_200; i++) {
        try (var call = rig.call()) {
          var response = rig.transport.send(Rig.post("/x", "{}"), call);
          var bytes = new AtomicInteger();
          var reader = Rig.start(() -> readOneByOne(response, bytes));
          while (bytes.get() < 10 * (i % 700)) {
            Thread.onSpinWait(); // the close is to meet the reads, not to wait for a scheduler
          }
          response.close();
          assertThat(Rig.await(reader)).as("round %s", i).isEqualTo("CANCELLED");
        }
        rig.requireNothingLeaked();
      }
    }
  }

  private static String readOneByOne(UpstreamResponse response, AtomicInteger bytes) {
    try {
      InputStream in = response.body();
      for (int next = in.read(); next >= 0; next = in.read()) {
        bytes.incrementAndGet();
      }
      return "a whole body";
    } catch (TransportException failed) {
      return failed.kind().name();
    } catch (IOException wrong) {
      throw new AssertionError(wrong);
    }
  }

  @Test
  void refusesWhatCouldSmuggleAField() {
    for (String bad : List.of("a\r\nX: y", "a\nb", "a\u0000", "\u0100", "a\u007F")) {
      assertThatThrownBy(() -> new UpstreamRequest.Header("X-A", bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("X-A");
    }
    for (String bad : List.of("", "a b", "a:", "é", "a\r\n", "Host", "content-LENGTH", "TE")) {
      assertThatThrownBy(() -> new UpstreamRequest.Header(bad, "v"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (String bad : List.of("x", "/a b", "/a\r\nX: y", "/é", "/a#b", "/%zz", "/%4")) {
      assertThatThrownBy(() -> Rig.get(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    var none = UpstreamRequest.Body.NONE;
    for (String bad : List.of("", "GE T", "GET\r\n", "CONNECT")) {
      assertThatThrownBy(() -> new UpstreamRequest(bad, "/", List.of(), none))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Makes two connections by holding two requests at once. */
  private static void openTwo(FaultUpstream upstream, Rig rig) throws Exception {
    var first = new Gate();
    var second = new Gate();
    upstream.answer(
        Reply.ok("text/plain", "x").splitAfter(20, first),
        Reply.ok("text/plain", "x").splitAfter(20, second));
    var one = Rig.start(rig::outcome);
    var two = Rig.start(rig::outcome);
    first.awaitReached();
    second.awaitReached();
    first.open();
    second.open();
    assertThat(Rig.await(one)).isEqualTo("200 x");
    assertThat(Rig.await(two)).isEqualTo("200 x");
  }

  /** A port that accepts nobody: its queue is full. */
  private static final class FullBacklog implements AutoCloseable {
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final List<SocketChannel> fillers = new ArrayList<>();

    private FullBacklog() throws IOException {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
      for (int i = 0; i < 16; i++) {
        SocketChannel filler = SocketChannel.open();
        filler.setOption(StandardSocketOptions.TCP_NODELAY, true);
        filler.configureBlocking(false);
        filler.connect(listener.getLocalAddress());
        fillers.add(filler);
      }
    }

    int port() throws IOException {
      return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel filler : fillers) {
        filler.close();
      }
      listener.close();
    }
  }
}
