package llm.providers.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.providers.transport.TransportSettings.Client;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an upstream may send, and what becomes of it; the same table for both implementations. */
@Timeout(60)
class ResponseFaultsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String FIVE = OK + "Content-Length: 5\r\n\r\nhello";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

  /**
   * One row.
   *
   * @param outcome what comes of it, unless {@link #JDK_DIFFERS} says otherwise
   * @param reused whether the connection serves the next request too
   */
  private record Row(String name, Reply reply, String outcome, boolean reused) {
    String outcome(Client client) {
      return client == Client.JDK ? JDK_DIFFERS.getOrDefault(name, outcome) : outcome;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Where the JDK's client reads otherwise, which we cannot see from outside it. */
  private static final Map<String, String> JDK_DIFFERS =
      Map.ofEntries(
          // it reads on over what is malformed
          Map.entry("FIN in the trailers", "200 hello"),
          Map.entry("trailers of 500 KB", "200 hello"),
          Map.entry("a folded line", "200 hello"),
          Map.entry("no colon", "200 hello"),
          Map.entry("lone CR in a value", "200 hello"),
          Map.entry("300 fields", "200 hi"),
          Map.entry("a coding in HTTP/1.0", "200 "),
          // it reads another size than the one that stands there
          Map.entry("a size of 17 digits", "200 hello"),
          Map.entry("a size beyond 32 bits", "200 hello"),
          Map.entry("0x", "200 "),
          Map.entry("no size", "200 "),
          // it fails too, and calls it an end too early, before or after it gave the head
          Map.entry("a signed size", "CUT"),
          Map.entry("a body on 204", "CUT"),
          Map.entry("a chunk longer than its size", "200 CUT"),
          Map.entry("CR alone after a size", "200 CUT"),
          Map.entry("an extension of 9 KB", "200 CUT"),
          // it waits for more until the limit ends that
          Map.entry("four digits", "TIMEOUT"),
          Map.entry("LF after a size", "200 TIMEOUT"));

  private static final List<Row> ROWS = new ArrayList<>();

  static {
    // bodies
    row("a length", Reply.raw(FIVE), "200 hello", true);
    row("a length, byte by byte", Reply.raw(FIVE).dripped(), "200 hello", true);
    row("an empty body", Reply.raw(OK + "Content-Length: 0\r\n\r\n"), "200 ", true);
    row("chunks", Reply.chunked("text/plain", "hel", "lo"), "200 hello", true);
    row(
        "chunks, byte by byte",
        Reply.chunked("text/plain", "hel", "lo").dripped(),
        "200 hello",
        true);
    row("no length", Reply.raw(OK + "\r\nhello").fin(), "200 hello", false);
    row("no length, reset", Reply.raw(OK + "\r\nhello").reset(), "200 CUT", false);
    row("204", Reply.raw("HTTP/1.1 204 No Content\r\n\r\n"), "204 ", true);
    row("304", Reply.raw("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n"), "304 ", true);
    row("an error", Reply.whole(500, "text/plain", "oops"), "500 oops", true);
    row(
        "trailers",
        Reply.raw(CHUNKED + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"),
        "200 hello",
        true);
    row("an extension", Reply.raw(CHUNKED + "5;a=b\r\nhello\r\n0;c\r\n\r\n"), "200 hello", true);
    row("leading zeros", Reply.raw(CHUNKED + "0005\r\nhello\r\n000\r\n\r\n"), "200 hello", true);

    // heads
    row("100 and 103 first", Reply.raw(interim(1) + FIVE), "200 hello", true);
    row("no reason", Reply.raw("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi"), "200 hi", true);
    row(
        "no reason, no space",
        Reply.raw("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi"),
        "200 hi",
        true);
    row(
        "lone LF in the head",
        Reply.raw("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
        "200 hi",
        true);
    row(
        "close",
        Reply.raw(OK + "Connection: close\r\nContent-Length: 2\r\n\r\nhi").fin(),
        "200 hi",
        false);
    row(
        "close, left open",
        Reply.raw(OK + "Connection: x, Close\r\nContent-Length: 2\r\n\r\nhi"),
        "200 hi",
        false);
    row("HTTP/1.0", Reply.raw("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi", false);
    row(
        "HTTP/1.0 keep-alive",
        Reply.raw("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi"),
        "200 hi",
        true);
    row(
        "equal lengths",
        Reply.raw(OK + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
        "200 hi",
        true);
    row(
        "a head of 40 KB",
        Reply.raw(OK + "X-A: " + "a".repeat(40_000) + "\r\nContent-Length: 2\r\n\r\nhi"),
        "200 hi",
        true);

    // ends too early
    row("FIN before the head", Reply.nothing().fin(), "CUT", false);
    row("RST before the head", Reply.nothing().reset(), "CUT", false);
    row("FIN in the head", Reply.raw(OK + "Content-Le").fin(), "CUT", false);
    row("RST in the head", Reply.raw(OK + "Content-Le").reset(), "CUT", false);
    row("FIN after 1xx", Reply.raw(interim(1)).fin(), "CUT", false);
    row(
        "FIN in a length",
        Reply.raw(OK + "Content-Length: 9\r\n\r\nhello").fin(),
        "200 CUT",
        false);
    row(
        "RST in a length",
        Reply.raw(OK + "Content-Length: 9\r\n\r\nhello").reset(),
        "200 CUT",
        false);
    row("FIN in a chunk", Reply.raw(CHUNKED + "9\r\nhello").fin(), "200 CUT", false);
    row("RST in a chunk", Reply.raw(CHUNKED + "9\r\nhello").reset(), "200 CUT", false);
    row("FIN in a chunk size", Reply.raw(CHUNKED + "5\r\nhello\r\n1").fin(), "200 CUT", false);
    row(
        "FIN instead of the last chunk",
        Reply.raw(CHUNKED + "5\r\nhello\r\n").fin(),
        "200 CUT",
        false);
    row(
        "FIN in the trailers",
        Reply.raw(CHUNKED + "5\r\nhello\r\n0\r\nX: 1").fin(),
        "200 CUT",
        false);

    // no HTTP
    row("another protocol", Reply.raw("SSH-2.0-OpenSSH_9.2\r\n"), "PROTOCOL", false);
    row("binary", Reply.raw("\u0015\u0003\u0001\u0000\u0002\u0002P\r\n\r\n"), "PROTOCOL", false);
    row("HTTP/2.0", Reply.raw("HTTP/2.0 200 OK\r\n\r\n"), "PROTOCOL", false);
    row("status 99", Reply.raw("HTTP/1.1 099 X\r\n\r\n"), "PROTOCOL", false);
    row("status 600", Reply.raw("HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"), "PROTOCOL", false);
    row("status 2OO", Reply.raw("HTTP/1.1 2OO X\r\n\r\n"), "PROTOCOL", false);
    row("four digits", Reply.raw("HTTP/1.1 2000 X\r\n\r\n"), "PROTOCOL", false);
    row(
        "101",
        Reply.raw("HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "PROTOCOL",
        false);
    row("endless 1xx", Reply.raw(interim(20) + FIVE), "PROTOCOL", false);
    row(
        "space before the colon",
        Reply.raw(OK + "Content-Length : 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "a folded line",
        Reply.raw(OK + "X-A: 1\r\n  2\r\nContent-Length: 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "no colon",
        Reply.raw(OK + "Nonsense\r\nContent-Length: 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "NUL in a value",
        Reply.raw(OK + "X-A: 1\u00002\r\nContent-Length: 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "lone CR in a value",
        Reply.raw(OK + "X-A: 1\r2\r\nContent-Length: 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "a head of 500 KB",
        Reply.raw(OK + "X-A: " + "a".repeat(500_000) + "\r\nContent-Length: 2\r\n\r\nhi"),
        "PROTOCOL",
        false);
    row("a head without end", Reply.raw(OK + "X: a\r\n".repeat(90_000)), "PROTOCOL", false);
    row(
        "300 fields",
        Reply.raw(OK + "X-A: a\r\n".repeat(300) + "Content-Length: 2\r\n\r\nhi"),
        "PROTOCOL",
        false);

    // lengths that lie
    row("no number", Reply.raw(OK + "Content-Length: five\r\n\r\nhello"), "PROTOCOL", false);
    row("a negative length", Reply.raw(OK + "Content-Length: -5\r\n\r\nhello"), "PROTOCOL", false);
    row("a signed length", Reply.raw(OK + "Content-Length: +5\r\n\r\nhello"), "PROTOCOL", false);
    row(
        "a list of lengths",
        Reply.raw(OK + "Content-Length: 5, 5\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row("an empty length", Reply.raw(OK + "Content-Length:\r\n\r\nhello"), "PROTOCOL", false);
    row(
        "20 digits",
        Reply.raw(OK + "Content-Length: 99999999999999999999\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "lengths that differ",
        Reply.raw(OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        "PROTOCOL",
        false);
    row(
        "length and coding",
        Reply.raw(
            OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "PROTOCOL",
        false);
    row(
        "another coding",
        Reply.raw(OK + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n").fin(),
        "PROTOCOL",
        false);
    row(
        "a coding in HTTP/1.0",
        Reply.raw("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "PROTOCOL",
        false);
    row(
        "more than the length",
        Reply.raw(FIVE + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"),
        "200 hello",
        false);
    row(
        "a body on 204",
        Reply.raw("HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\nbad"),
        "204 ",
        false);

    // chunks that lie
    row(
        "a size of 17 digits",
        Reply.raw(CHUNKED + "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        "200 PROTOCOL",
        false);
    row(
        "a size beyond 32 bits",
        Reply.raw(CHUNKED + "100000005\r\nhello\r\n0\r\n\r\n").fin(),
        "200 CUT",
        false);
    row("a signed size", Reply.raw(CHUNKED + "+5\r\nhello\r\n0\r\n\r\n"), "200 PROTOCOL", false);
    row("0x", Reply.raw(CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n"), "200 PROTOCOL", false);
    row("no size", Reply.raw(CHUNKED + "\r\nhello\r\n0\r\n\r\n"), "200 PROTOCOL", false);
    row(
        "a chunk longer than its size",
        Reply.raw(CHUNKED + "4\r\nhello\r\n0\r\n\r\n"),
        "200 PROTOCOL",
        false);
    row("LF after a size", Reply.raw(CHUNKED + "5\nhello\r\n0\r\n\r\n"), "200 PROTOCOL", false);
    row(
        "CR alone after a size",
        Reply.raw(CHUNKED + "5\rhello\r\n0\r\n\r\n"),
        "200 PROTOCOL",
        false);
    row(
        "an extension of 9 KB",
        Reply.raw(CHUNKED + "5;" + "a".repeat(9_000) + "\r\nhello\r\n0\r\n\r\n"),
        "200 PROTOCOL",
        false);
    row(
        "trailers of 500 KB",
        Reply.raw(CHUNKED + "5\r\nhello\r\n0\r\n" + "X: a\r\n".repeat(90_000) + "\r\n"),
        "200 PROTOCOL",
        false);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("rowsAndClients")
  void endsAsTheTableSaysAndLeavesThePoolRight(Client client, Row row) throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, upstream)) {
      upstream.answer(row.reply(), Reply.ok("text/plain", "next"));
      String wanted = row.outcome(client);
      var head = new Gate();
      var result = Rig.start(() -> rig.outcome(head::open));
      if (wanted.startsWith("200") && wanted.contains("TIMEOUT")) {
        head.pass(); // else the clock could overtake the head
      }
      String outcome =
          wanted.contains("TIMEOUT")
              ? rig.advanceUntil(result, Duration.ofMinutes(1))
              : Rig.await(result);
      outcome = outcome.replaceFirst("^(\\d+) .*(CUT|PROTOCOL|TIMEOUT)$", "$1 $2");
      if (client == Client.JDK) { // a reset may overtake the head that its client has read
        wanted = wanted.endsWith("CUT") ? "CUT" : wanted;
        assertThat(outcome).endsWith(wanted);
      } else {
        assertThat(outcome).isEqualTo(wanted);
      }
      rig.requireNothingLeaked();
      assertThat(rig.outcome()).isEqualTo("200 next");
      rig.requireNothingLeaked();
      if (client == Client.LEAN) {
        assertThat(upstream.requests().getLast().connection()).isEqualTo(row.reused() ? 1 : 2);
      }
    }
  }

  static Stream<Arguments> rowsAndClients() {
    return Stream.of(Client.LEAN, Client.JDK)
        .flatMap(client -> ROWS.stream().map(row -> Arguments.of(client, row)));
  }

  private static void row(String name, Reply reply, String outcome, boolean reused) {
    ROWS.add(new Row(name, reply, outcome, reused));
  }

  private static String interim(int times) {
    return ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        .repeat(times);
  }
}
