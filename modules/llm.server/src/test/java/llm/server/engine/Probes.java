package llm.server.engine;

import java.util.List;

/** What strict reading means, case by case; {@link ProbesTest} sends each to both engines. */
final class Probes {
  private Probes() {}

  /**
   * One request.
   *
   * @param request the bytes sent
   * @param ours status and whether the connection stays, as {@code 400 close}, {@code 200 keep}
   * @param jdks the same of the JDK's engine; {@code cut} when it closes without an answer, {@code
   *     waits} when it does neither
   * @param why ours is right; empty where both agree
   */
  record Probe(String name, String request, String ours, String jdks, String why) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Probe both(String name, String request, String answer) {
    return new Probe(name, request, answer, answer, "");
  }

  private static Probe differ(String name, String request, String ours, String jdks, String why) {
    return new Probe(name, request, ours, jdks, why);
  }

  private static String get(String lines) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
  }

  private static String post(String lines, String body) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n" + body;
  }

  static String chunked(String body) {
    return post("Transfer-Encoding: chunked\r\n", body);
  }

  static final List<Probe> ALL =
      List.of(
          both("a plain request", get(""), "200 keep"),
          both("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "200 close"),
          both(
              "HTTP/1.0 that asks to be kept",
              "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
              "200 keep"),
          both("Connection: close", get("Connection: close\r\n"), "200 close"),
          differ(
              "close within a list of options",
              get("Connection: foo , Close\r\n"),
              "200 close",
              "200 keep",
              "a list of options, in any case (RFC 9110, 7.6.1)"),
          both(
              "Firefox's keep-alive with Upgrade",
              get("Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"),
              "200 keep"),
          both("an empty line before the request", "\r\n" + get(""), "200 keep"),
          both("HTTP/1.2 is answered as 1.1", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "200 keep"),
          differ(
              "HTTP/9.9",
              "GET / HTTP/9.9\r\nHost: h\r\n\r\n",
              "505 close",
              "200 keep",
              "only HTTP/1.x is spoken here (RFC 9110, 2.5)"),
          differ(
              "HTTP/2.0",
              "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
              "505 close",
              "200 keep",
              "only HTTP/1.x is spoken here (RFC 9110, 2.5)"),
          differ(
              "the preface of HTTP/2",
              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
              "505 close",
              "404 close",
              "only HTTP/1.x is spoken here (RFC 9110, 2.5)"),
          differ(
              "a version in lower case",
              "GET / http/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "HTTP-name is case-sensitive (RFC 9112, 2.3)"),
          differ(
              "a version with more digits",
              "GET / HTTP/1.10\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "the grammar of the request line is exact (RFC 9112, 3)"),
          both("no version", "GET /\r\nHost: h\r\n\r\n", "400 close"),
          differ(
              "two spaces in the request line",
              "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "404 close",
              "the grammar of the request line is exact (RFC 9112, 3)"),
          both("a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "400 close"),
          differ(
              "a space after the version",
              "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "the grammar of the request line is exact (RFC 9112, 3)"),
          differ(
              "a method that is no token",
              "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "a method is a token (RFC 9110, 9.1)"),
          both("a method of one's own", "FROB / HTTP/1.1\r\nHost: h\r\n\r\n", "200 keep"),
          differ(
              "bytes of TLS",
              "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n",
              "cut",
              "400 close",
              "an answer would be no TLS: its client can only be closed"),
          differ(
              "no Host",
              "GET / HTTP/1.1\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "two Hosts",
              get("Host: h\r\n"),
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "a Host with a space",
              "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "a Host with a path",
              "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "a Host with user info",
              "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "a Host with a port that is no number",
              "GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          differ(
              "a list as Host",
              "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
              "400 close",
              "200 keep",
              "one valid Host, or 400 (RFC 9112, 3.2)"),
          both("an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", "200 keep"),
          both("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "200 keep"),
          both("a space before the colon", get("Foo : bar\r\n"), "400 close"),
          both(
              "a space before the colon of Content-Length",
              post("Content-Length : 3\r\n", "abc"),
              "400 close"),
          both("a field without a colon", get("Foo\r\n"), "400 close"),
          both("a field without a name", get(": bar\r\n"), "400 close"),
          both("a field name with a slash", get("F/oo: bar\r\n"), "400 close"),
          differ(
              "a folded line",
              get("Foo: a\r\n b\r\n"),
              "400 close",
              "200 keep",
              "names are tokens (RFC 9110, 5.1)"),
          both("a first field that is folded", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400 close"),
          differ(
              "a bare LF after the request line",
              "GET / HTTP/1.1\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "a folded line is refused (RFC 9112, 5.2)"),
          differ(
              "a bare LF after a field",
              get("Foo: a\n"),
              "400 close",
              "200 close",
              "a line that another server ends elsewhere smuggles requests"),
          differ(
              "a bare LF within a value",
              get("Foo: a\nTransfer-Encoding: chunked\r\n"),
              "400 close",
              "waits",
              "a line that another server ends elsewhere smuggles requests"),
          differ(
              "bare LFs alone",
              "GET / HTTP/1.1\nHost: h\n\n",
              "400 close",
              "waits",
              "a line that another server ends elsewhere smuggles requests"),
          both("a bare CR within a value", get("Foo: a\rb\r\n"), "400 close"),
          differ(
              "a NUL within a value",
              get("Foo: a\0b\r\n"),
              "400 close",
              "200 keep",
              "a field is one line of visible characters (RFC 9110, 5.5)"),
          both("a NUL within a name", get("F\0o: a\r\n"), "400 close"),
          differ(
              "a DEL within a value",
              get("Foo: a\u007fb\r\n"),
              "400 close",
              "200 keep",
              "a field is one line of visible characters (RFC 9110, 5.5)"),
          both("bytes above 127 within a value", get("Foo: a\u00e9b\r\n"), "200 keep"),
          both("a tab within a value", get("Foo: a\tb\r\n"), "200 keep"),
          differ(
              "a thousand fields",
              get("F: x\r\n".repeat(1000)),
              "431 close",
              "200 keep",
              "the client learns why (RFC 6585, 5)"),
          differ(
              "a field of a megabyte",
              get("F: " + "x".repeat(1 << 20) + "\r\n"),
              "431 close",
              "cut",
              "the client learns why (RFC 6585, 5)"),
          differ(
              "a target of a megabyte",
              "GET /" + "x".repeat(1 << 20) + " HTTP/1.1\r\nHost: h\r\n\r\n",
              "414 close",
              "cut",
              "the client learns why (RFC 9110, 15.5.15)"),
          both(
              "a length and a coding",
              post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "400 close"),
          both(
              "a coding and a length",
              post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "400 close"),
          both(
              "the same length twice",
              post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
              "400 close"),
          both(
              "two lengths",
              post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
              "400 close"),
          both("a list of lengths", post("Content-Length: 3, 3\r\n", "abc"), "400 close"),
          differ(
              "a length with a plus",
              post("Content-Length: +3\r\n", "abc"),
              "400 close",
              "200 keep",
              "one Content-Length of digits alone (RFC 9112, 6.3)"),
          both("a length with a minus", post("Content-Length: -3\r\n", "abc"), "400 close"),
          both("a length in hexadecimal", post("Content-Length: 0x3\r\n", "abc"), "400 close"),
          both("an empty length", post("Content-Length:\r\n", "abc"), "400 close"),
          both(
              "a length beyond 64 bits",
              post("Content-Length: 18446744073709551619\r\n", "abc"),
              "400 close"),
          both("a length", post("Content-Length: 3\r\n", "abc"), "200 keep"),
          both("chunks", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "200 keep"),
          both(
              "chunks in another case",
              post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "200 keep"),
          differ(
              "chunks for HTTP/1.0",
              "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
              "400 close",
              "200 close",
              "HTTP/1.0 has no codings (RFC 9112, 6.1)"),
          differ(
              "chunked twice",
              post("Transfer-Encoding: chunked, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "501 close",
              "a framing that is in doubt is a malformed request (RFC 9112, 6.1)"),
          differ(
              "two fields of chunked",
              post(
                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                  "3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "501 close",
              "a framing that is in doubt is a malformed request (RFC 9112, 6.1)"),
          both(
              "gzip, chunked",
              post("Transfer-Encoding: gzip, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "501 close"),
          differ(
              "identity",
              post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"),
              "501 close",
              "400 close",
              "a coding that is not known (RFC 9112, 6.1)"),
          both(
              "xchunked",
              post("Transfer-Encoding: xchunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "501 close"),
          differ(
              "chunked with a vertical tab before it",
              post("Transfer-Encoding: \u000bchunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "200 keep",
              "a framing that is in doubt is a malformed request (RFC 9112, 6.1)"),
          differ(
              "an empty coding",
              post("Transfer-Encoding:\r\n", "3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "501 close",
              "a framing that is in doubt is a malformed request (RFC 9112, 6.1)"),
          differ(
              "a chunk size beyond 64 bits",
              chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "a chunk size with a minus",
              chunked("-3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "a chunk size with 0x",
              chunked("0x3\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "an empty chunk size",
              chunked("\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "a chunk size that is no number",
              chunked("xyz\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          both("a chunk size with leading zeros", chunked("0003\r\nabc\r\n0\r\n\r\n"), "200 keep"),
          differ(
              "a bare LF after a chunk size",
              chunked("3\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "a bare LF after a chunk",
              chunked("3\r\nabc\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "a chunk longer than its size",
              chunked("3\r\nabcd\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          both("a chunk extension", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), "200 keep"),
          both(
              "a chunk extension in quotes",
              chunked("3;a=\"b c\"\r\nabc\r\n0\r\n\r\n"),
              "200 keep"),
          differ(
              "a bare LF in a chunk extension",
              chunked("3;a=\nb\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "200 keep",
              "a line that another server ends elsewhere smuggles requests"),
          differ(
              "chunk extensions without end",
              chunked("3;" + "a".repeat(64 * 1024) + "\r\nabc\r\n0\r\n\r\n"),
              "400 close",
              "cut",
              "what is no chunk is answered, not cut (RFC 9112, 7.1)"),
          differ(
              "trailers",
              chunked("3\r\nabc\r\n0\r\nFoo: bar\r\n\r\n"),
              "200 keep",
              "cut",
              "trailers are read to their end"),
          differ(
              "a malformed trailer",
              chunked("3\r\nabc\r\n0\r\nFoo bar\r\n\r\n"),
              "400 close",
              "cut",
              "trailers are fields (RFC 9112, 7.1.2)"),
          differ(
              "a thousand trailers",
              chunked("3\r\nabc\r\n0\r\n" + "F: x\r\n".repeat(1000) + "\r\n"),
              "431 close",
              "cut",
              "the client learns why (RFC 6585, 5)"),
          both(
              "a request with the expectation and its body",
              post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"),
              "200 keep"),
          both("the expectation without a body", get("Expect: 100-continue\r\n"), "200 keep"),
          differ(
              "another expectation",
              get("Expect: 200-ok\r\n"),
              "417 close",
              "200 keep",
              "an expectation that is not met (RFC 9110, 10.1.1)"),
          both("the absolute form", "GET http://h/path HTTP/1.1\r\nHost: h\r\n\r\n", "200 keep"),
          differ(
              "the absolute form without a path",
              "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n",
              "200 keep",
              "404 close",
              "an empty path is / (RFC 9110, 4.2.3)"),
          differ(
              "the absolute form of another scheme",
              "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "this is no server for ftp"),
          differ(
              "a target that is no path",
              "GET mailto:x HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "cut",
              "the client learns why"),
          differ(
              "a relative target",
              "GET path HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "404 close",
              "the target has none of the four forms (RFC 9112, 3.2)"),
          differ(
              "a target with a fragment",
              "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "a fragment is no part of a target (RFC 9110, 7.1)"),
          both("a target with two slashes", "GET //a/b HTTP/1.1\r\nHost: h\r\n\r\n", "200 keep"),
          differ(
              "OPTIONS of the whole server",
              "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
              "204 keep",
              "404 close",
              "the server as a whole answers (RFC 9110, 9.3.7)"),
          differ(
              "a star for GET",
              "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "404 close",
              "the star is for OPTIONS alone (RFC 9112, 3.2.4)"),
          differ(
              "CONNECT",
              "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
              "501 close",
              "cut",
              "the client learns that this is no proxy"),
          both(
              "a percent that encodes nothing",
              "GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close"),
          both("a percent at the end", "GET /a% HTTP/1.1\r\nHost: h\r\n\r\n", "400 close"),
          both(
              "a character that a URI cannot have",
              "GET /a|b HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close"),
          differ(
              "bytes above 127 in the target",
              "GET /\u00e9 HTTP/1.1\r\nHost: h\r\n\r\n",
              "400 close",
              "200 keep",
              "a URI is ASCII (RFC 3986)"),
          both("HEAD", "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "200 keep"));
}
