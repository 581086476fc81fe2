package llm.server.ws;

import static llm.server.ws.ClientFrames.KEY;
import static llm.server.ws.ClientFrames.binary;
import static llm.server.ws.ClientFrames.close;
import static llm.server.ws.ClientFrames.closeBody;
import static llm.server.ws.ClientFrames.frame;
import static llm.server.ws.ClientFrames.ping;
import static llm.server.ws.ClientFrames.pong;
import static llm.server.ws.ClientFrames.raw;
import static llm.server.ws.ClientFrames.text;
import static llm.server.ws.ClientFrames.unmasked;
import static llm.server.ws.ClientFrames.utf8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What RFC 6455 asks of a server, a case a line: grouped as test suites of the protocol are, from
 * framing to limits. The server echoes messages. Those that end well close with 1000 at the end.
 */
final class RfcCases {
  /** What the layer under test takes as one message. */
  static final int MAX_MESSAGE = 1 << 20;

  private static final byte[] NONE = new byte[0];
  private static final String EURO = "€uro 😀 κόσμε";

  private final List<Case> cases = new ArrayList<>();

  /**
   * One case.
   *
   * @param name number and sentence
   * @param sent by the client
   * @param received from the server, in the words of {@link Rig#words}
   */
  record Case(String name, byte[] sent, List<String> received) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> all() {
    var table = new RfcCases();
    table.framing();
    table.pings();
    table.reserved();
    table.opcodes();
    table.fragments();
    table.fragmentsInDisorder();
    table.legalText();
    table.illegalText();
    table.closing();
    table.closeCodes();
    table.limits();
    table.lengths();
    return table.cases;
  }

  static List<Case> withSmallPayloads() {
    return all().stream().filter(c -> c.sent().length < 2_000).toList();
  }

  private void good(String name, byte[] sent, String... received) {
    var expected = new ArrayList<>(List.of(received));
    expected.add("close 1000");
    cases.add(new Case(name, ClientFrames.all(sent, close(1000, "")), expected));
  }

  private void bad(String name, int code, byte[] sent, String... before) {
    var expected = new ArrayList<>(List.of(before));
    expected.add("close " + code);
    cases.add(new Case(name, sent, expected));
  }

  private void framing() {
    good("1.1.1 an empty text is echoed", text(""), "text ");
    for (int size : new int[] {1, 125, 126, 127, 128, 65_535, 65_536}) {
      byte[] payload = filled('*', size);
      good(
          "1.1." + size + " a text of that length is echoed",
          frame(true, 0, 1, payload),
          Rig.words(true, 1, payload));
    }
    good("1.2.1 an empty binary message is echoed", binary(NONE), "binary ");
    for (int size : new int[] {1, 125, 126, 127, 128, 65_535, 65_536}) {
      byte[] payload = filled(0xFE, size);
      good(
          "1.2." + size + " a binary message of that length is echoed",
          binary(payload),
          Rig.words(true, 2, payload));
    }
    good(
        "1.3.1 a mask of zeros is a mask", frame(true, 0, 1, 5, 5, 0, utf8("plain")), "text plain");
    bad("1.3.2 a frame without a mask fails", 1002, unmasked(1, utf8("Hello")));
    bad("1.3.3 a ping without a mask fails", 1002, unmasked(9, NONE));
    bad("1.3.4 a close without a mask fails", 1002, unmasked(8, NONE));
    good(
        "1.4.1 messages one after another in one packet are all echoed",
        ClientFrames.all(text("a"), binary(raw(1)), text("b")),
        "text a",
        "binary 01",
        "text b");
  }

  private void pings() {
    good("2.1 an empty ping gets an empty pong", ping(NONE), "pong ");
    good("2.2 a ping's text comes back", ping(utf8("hi")), "pong 6869");
    good("2.3 a ping's bytes come back as they are", ping(raw(0, 255, 254, 1)), "pong 00fffe01");
    byte[] most = filled(0xAB, 125);
    good("2.4 a ping of 125 bytes is answered", ping(most), Rig.words(true, 10, most));
    bad("2.5 a ping of 126 bytes fails", 1002, ping(filled(0xAB, 126)));
    good("2.6 a pong nobody asked for is ignored", pong(NONE));
    good("2.7 a pong with a body is ignored", pong(utf8("late")));
    good(
        "2.8 a ping after a pong is answered",
        ClientFrames.all(pong(utf8("x")), ping(utf8("y"))),
        "pong 79");
    byte[][] many = new byte[10][];
    String[] answers = new String[10];
    for (int i = 0; i < 10; i++) {
      many[i] = ping(raw(i));
      answers[i] = "pong 0" + i;
    }
    good("2.9 ten pings get ten pongs in order", ClientFrames.all(many), answers);
    bad("2.10 a pong of 126 bytes fails", 1002, pong(filled(1, 126)));
  }

  private void reserved() {
    for (int bits = 1; bits <= 7; bits++) {
      bad(
          "3." + bits + " reserved bits " + bits + " in a text fail",
          1002,
          ClientFrames.all(text("ok"), frame(true, bits, 1, utf8("no"))),
          "text ok");
    }
    bad("3.8 a reserved bit in a ping fails", 1002, frame(true, 4, 9, NONE));
    bad("3.9 a reserved bit in a close fails", 1002, frame(true, 4, 8, NONE));
    bad(
        "3.10 a reserved bit in a continuation fails",
        1002,
        ClientFrames.all(frame(false, 0, 1, utf8("a")), frame(true, 2, 0, utf8("b"))));
  }

  private void opcodes() {
    for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      bad(
          "4." + opcode + " the unknown opcode " + opcode + " fails",
          1002,
          ClientFrames.all(text("ok"), frame(true, 0, opcode, utf8("x"))),
          "text ok");
    }
  }

  private void fragments() {
    bad("5.1 a ping in fragments fails", 1002, frame(false, 0, 9, utf8("a")));
    bad("5.2 a pong in fragments fails", 1002, frame(false, 0, 10, utf8("a")));
    bad("5.3 a close in fragments fails", 1002, frame(false, 0, 8, NONE));
    good(
        "5.4 a text in two fragments is one message",
        ClientFrames.all(frame(false, 0, 1, utf8("one ")), frame(true, 0, 0, utf8("two"))),
        "text one two");
    good(
        "5.5 a binary message in three fragments is one message",
        ClientFrames.all(
            frame(false, 0, 2, raw(1)), frame(false, 0, 0, raw(2)), frame(true, 0, 0, raw(3))),
        "binary 010203");
    good(
        "5.6 a ping between fragments is answered before the message is whole",
        ClientFrames.all(
            frame(false, 0, 1, utf8("a")), ping(utf8("p")), frame(true, 0, 0, utf8("b"))),
        "pong 70",
        "text ab");
    good(
        "5.7 a pong between fragments is ignored",
        ClientFrames.all(frame(false, 0, 1, utf8("a")), pong(NONE), frame(true, 0, 0, utf8("b"))),
        "text ab");
    good(
        "5.8 empty fragments are legal",
        ClientFrames.all(
            frame(false, 0, 1, NONE), frame(false, 0, 0, NONE), frame(true, 0, 0, NONE)),
        "text ");
    good(
        "5.9 an empty last fragment ends a message",
        ClientFrames.all(frame(false, 0, 1, utf8("a")), frame(true, 0, 0, NONE)),
        "text a");
    good(
        "5.10 each fragment has its own mask",
        ClientFrames.all(
            frame(false, 0, 1, 3, 3, 0x01020304, utf8("abc")),
            frame(true, 0, 0, 3, 3, 0x05060708, utf8("def"))),
        "text abcdef");
    byte[][] parts = new byte[100][];
    for (int i = 0; i < 100; i++) {
      parts[i] = frame(i == 99, 0, i == 0 ? 1 : 0, utf8("x"));
    }
    good(
        "5.11 a text in a hundred fragments is one message",
        ClientFrames.all(parts),
        "text " + "x".repeat(100));
    good(
        "5.12 a message after a fragmented one begins anew",
        ClientFrames.all(
            frame(false, 0, 1, utf8("a")), frame(true, 0, 0, utf8("b")), binary(raw(7))),
        "text ab",
        "binary 07");
    cases.add(
        new Case(
            "5.13 a close between fragments ends the connection well",
            ClientFrames.all(frame(false, 0, 1, utf8("a")), close(1000, "")),
            List.of("close 1000")));
  }

  private void fragmentsInDisorder() {
    bad("5.14 a continuation of nothing fails", 1002, frame(true, 0, 0, utf8("x")));
    bad("5.15 an unfinished continuation of nothing fails", 1002, frame(false, 0, 0, utf8("x")));
    bad(
        "5.16 a continuation after a whole message fails",
        1002,
        ClientFrames.all(text("a"), frame(true, 0, 0, utf8("b"))),
        "text a");
    bad(
        "5.17 a text inside a fragmented text fails",
        1002,
        ClientFrames.all(frame(false, 0, 1, utf8("a")), text("b")));
    bad(
        "5.18 a binary message inside a fragmented text fails",
        1002,
        ClientFrames.all(frame(false, 0, 1, utf8("a")), binary(raw(1))));
    bad(
        "5.19 a second beginning inside a fragmented message fails",
        1002,
        ClientFrames.all(frame(false, 0, 2, raw(1)), frame(false, 0, 2, raw(1))));
  }

  private void legalText() {
    good("6.1.1 text of several bytes a character is echoed", text(EURO), "text " + EURO);
    byte[] euro = utf8(EURO);
    byte[][] parts = new byte[euro.length][];
    for (int i = 0; i < euro.length; i++) {
      parts[i] = frame(i == euro.length - 1, 0, i == 0 ? 1 : 0, raw(euro[i]));
    }
    good(
        "6.1.2 characters may be cut across fragments anywhere",
        ClientFrames.all(parts),
        "text " + EURO);
    good(
        "6.1.3 the first and last of each length of UTF-8 are text",
        text("\u0000\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\uD800\uDC00\uDBFF\uDFFF"),
        "text \u0000\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\uD800\uDC00\uDBFF\uDFFF");
    good(
        "6.1.4 a ping does not disturb a character cut in two",
        ClientFrames.all(
            frame(false, 0, 1, raw(0xE2, 0x82)), ping(raw(0xFF)), frame(true, 0, 0, raw(0xAC))),
        "pong ff",
        "text €");
    good(
        "6.1.5 binary messages may hold what is not UTF-8", binary(raw(0xFF, 0xC0)), "binary ffc0");
  }

  private void illegalText() {
    byte[][] wrong = {
      raw(0x80),
      raw(0xBF),
      raw(0xC0, 0xAF),
      raw(0xC1, 0xBF),
      raw(0xE0, 0x80, 0xAF),
      raw(0xE0, 0x9F, 0xBF),
      raw(0xED, 0xA0, 0x80),
      raw(0xED, 0xBF, 0xBF),
      raw(0xF0, 0x80, 0x80, 0xAF),
      raw(0xF0, 0x8F, 0xBF, 0xBF),
      raw(0xF4, 0x90, 0x80, 0x80),
      raw(0xF5, 0x80, 0x80, 0x80),
      raw(0xFE),
      raw(0xFF),
      raw(0xC3, 0x28),
      raw(0xE2, 0x28, 0xA1)
    };
    for (int i = 0; i < wrong.length; i++) {
      byte[] payload = ClientFrames.all(utf8("good ascii "), wrong[i], utf8(" more"));
      bad(
          "6.2." + (i + 1) + " text with " + hex(wrong[i]) + " fails",
          1007,
          frame(true, 0, 1, payload));
    }
    bad("6.3.1 text that ends inside a character fails", 1007, frame(true, 0, 1, raw(0xE2, 0x82)));
    bad(
        "6.3.2 so does a fragmented one",
        1007,
        ClientFrames.all(frame(false, 0, 1, raw(0xE2)), frame(true, 0, 0, raw(0x82))));
    byte[] unfinished = frame(false, 0, 1, 100, 100, KEY, ClientFrames.all(utf8("a"), raw(0xFF)));
    bad("6.4.1 a wrong byte fails before its frame is whole", 1007, unfinished);
    bad(
        "6.4.2 a wrong byte fails before the message is whole",
        1007,
        ClientFrames.all(frame(false, 0, 1, utf8("a")), frame(false, 0, 0, raw(0xC0))));
    bad(
        "6.4.3 a wrong second byte fails in the next fragment",
        1007,
        ClientFrames.all(frame(false, 0, 1, raw(0xED)), frame(false, 0, 0, raw(0xA0))));
  }

  private void closing() {
    cases.add(
        new Case(
            "7.1.1 a close is answered by its code", close(1000, "bye"), List.of("close 1000")));
    cases.add(
        new Case(
            "7.1.2 a close without a body is answered by one", close(NONE), List.of("close ")));
    cases.add(
        new Case(
            "7.1.3 what comes after a close is not read",
            ClientFrames.all(close(1000, ""), text("late"), ping(NONE)),
            List.of("close 1000")));
    cases.add(
        new Case(
            "7.1.4 a message before a close is answered first",
            ClientFrames.all(text("a"), close(1001, "")),
            List.of("text a", "close 1001")));
    bad("7.2.1 a close with a body of one byte fails", 1002, close(raw(3)));
    cases.add(
        new Case(
            "7.2.2 a reason of 123 bytes is legal",
            close(1000, "r".repeat(123)),
            List.of("close 1000")));
    bad("7.2.3 a reason of 124 bytes fails", 1002, close(1000, "r".repeat(124)));
    bad("7.2.4 a reason that is not UTF-8 fails", 1007, close(closeBody(1000, raw(0xC0, 0xAF))));
    bad(
        "7.2.5 a reason that ends inside a character fails",
        1007,
        close(closeBody(1000, raw(0xE2, 0x82))));
  }

  private void closeCodes() {
    int[] legal = {
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
    };
    for (int code : legal) {
      cases.add(
          new Case(
              "7.3." + code + " the legal close code is echoed",
              close(code, ""),
              List.of("close " + code)));
    }
    int[] illegal = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535};
    for (int code : illegal) {
      bad("7.4." + code + " the illegal close code fails", 1002, close(closeBody(code, NONE)));
    }
  }

  private void limits() {
    byte[] most = filled('m', MAX_MESSAGE);
    good("9.1 the largest message is echoed", frame(true, 0, 1, most), Rig.words(true, 1, most));
    good(
        "9.2 the largest message in fragments is echoed",
        ClientFrames.all(
            frame(false, 0, 2, Arrays.copyOf(most, MAX_MESSAGE / 2)),
            frame(true, 0, 0, Arrays.copyOf(most, MAX_MESSAGE / 2))),
        Rig.words(true, 2, most));
    bad(
        "9.3 a head that claims a byte more fails, before its payload",
        1009,
        frame(true, 0, 1, 127, MAX_MESSAGE + 1, KEY, NONE));
    bad(
        "9.4 a head that claims 2^62 bytes fails",
        1009,
        frame(true, 0, 2, 127, 1L << 62, KEY, NONE));
    bad(
        "9.5 fragments that are too much together fail",
        1009,
        ClientFrames.all(
            frame(false, 0, 2, Arrays.copyOf(most, MAX_MESSAGE - 1)),
            frame(true, 0, 0, 2, 2, KEY, NONE)));
  }

  private void lengths() {
    bad(
        "9.6 a length of 64 bits with the highest set fails",
        1002,
        frame(true, 0, 2, 127, Long.MIN_VALUE, KEY, NONE));
    bad(
        "9.7 a length of 16 bits that fits 7 fails",
        1002,
        frame(true, 0, 1, 126, 125, KEY, utf8("x")));
    bad(
        "9.8 a length of 64 bits that fits 16 fails",
        1002,
        frame(true, 0, 1, 127, 65_535, KEY, utf8("x")));
    bad(
        "9.9 a length of 64 bits that fits 7 fails",
        1002,
        frame(true, 0, 1, 127, 1, KEY, utf8("x")));
  }

  private static byte[] filled(int value, int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
