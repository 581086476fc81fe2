package llm.server.matrix;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;

/**
 * An upstream that tells the text of each case, and goes on with it where the request says so: from
 * the last message of the assistant, or told in words, and then with the end of it once more. Any
 * number at once.
 */
final class Teller implements AutoCloseable {
  /** What goes wrong with an answer. */
  enum Fault {
    NONE,
    NO_HEAD,
    NO_FIRST_EVENT,
    CUT,
    CUT_CLEANLY,
    RESET,
    STALL,
    INVALID_CHUNK,
    SAID_IN_ANSWER,
    MISSING_END,
    LENGTH_TOO_LONG,
    LENGTH_TOO_SHORT,
    BUSY,
    BROKEN_ONCE,
    GZIP,
    CRLF,
    BYTE_BY_BYTE
  }

  /**
   * A text to tell.
   *
   * @param pieces the same with {@link Vendor#SEAM} between its deltas
   * @param seed of where it breaks, and of how much is repeated
   */
  record Tale(String text, String pieces, Fault fault, boolean stream, long seed) {}

  private static final Pattern NUMBER = Pattern.compile("Tell number (\\d+)\\.");
  private static final String CUT_OFF = "Your answer was cut off";
  private static final int MOST_REPEATED = 40;
  private static final int MOST_PIECE = 90;

  final FaultUpstream server = FaultUpstream.open();
  private final Vendor vendor;
  private final boolean fails;
  private final Map<Integer, Tale> tales;
  private final Map<Integer, AtomicInteger> asked = new ConcurrentHashMap<>();

  /**
   * A teller in the words of {@code vendor}.
   *
   * @param fails whether the faults are its own; else it does as it should
   */
  Teller(Vendor vendor, boolean fails, Map<Integer, Tale> tales) {
    this.vendor = vendor;
    this.fails = fails;
    this.tales = tales;
    server.otherwise(this::reply);
  }

  /** What a user says to be told it. */
  static String question(int number) {
    return "Tell number " + number + ".";
  }

  private Reply reply(Received request) {
    if (!request.method().equals("POST")) {
      return Reply.ok("application/json", "{\"data\":[]}");
    }
    Wish wish = vendor.read(Json.parse(request.body()));
    String all = wish.said().toString();
    Matcher number = NUMBER.matcher(all);
    if (!number.find()) {
      return Reply.whole(400, "application/json", vendor.error(400, "bad", "no number"));
    }
    int index = Integer.parseInt(number.group(1));
    Tale tale = tales.get(index);
    var random = new Random(tale.seed() ^ (fails ? 1 : 2));
    int times = asked.computeIfAbsent(index, _ -> new AtomicInteger()).incrementAndGet();
    Told told = Told.text(rest(wish, tale, random));
    return fails ? broken(told, tale, times, random) : whole(told, tale, random);
  }

  /** What is to be told, by what the request says was told. */
  private String rest(Wish wish, Tale tale, Random random) {
    boolean instructed = wish.said().toString().contains(CUT_OFF);
    String given = given(wish, instructed);
    if (given.isEmpty()) {
      return tale.pieces();
    }
    if (!tale.text().startsWith(given)) {
      return "[what was told is not what was to be told: " + given + "]";
    }
    String rest = tale.text().substring(given.length());
    int repeated = instructed ? repeated(given, rest, random) : 0;
    String said = given.substring(given.length() - repeated) + rest;
    return said.isEmpty() ? "" : pieces(said, random);
  }

  private String given(Wish wish, boolean instructed) {
    int messages = wish.said().size();
    Said last = wish.said().get(instructed && messages > 1 ? messages - 2 : messages - 1);
    if (last instanceof Said.Assistant(String text)) {
      return text;
    }
    if (instructed && vendor instanceof CustomVendor && last instanceof Said.User(String prompt)) {
      String mark = "\nAssistant: ";
      int from = prompt.indexOf(mark) + mark.length();
      return prompt.substring(from, prompt.lastIndexOf("\nUser: " + CUT_OFF));
    }
    return "";
  }

  /** At random, but so that it can be known what is repeated and what is new. */
  private static int repeated(String given, String rest, Random random) {
    int most = Math.min(MOST_REPEATED, given.length());
    int wanted = random.nextInt(most + 1);
    for (int tried = 0; tried <= most; tried++) {
      int repeated = (wanted + tried) % (most + 1);
      String said = given.substring(given.length() - repeated) + rest;
      boolean half = !said.isEmpty() && Character.isLowSurrogate(said.charAt(0));
      boolean known =
          overlap(given, said) == repeated
              && overlap(solid(given), solid(said))
                  <= solid(given.substring(given.length() - repeated)).length();
      if (known && !half) {
        return repeated;
      }
    }
    return wanted;
  }

  private static int overlap(String given, String said) {
    for (int size = Math.min(400, Math.min(given.length(), said.length())); size > 0; size--) {
      if (given.endsWith(said.substring(0, size))) {
        return size;
      }
    }
    return 0;
  }

  private static String solid(String text) {
    return text.replaceAll("\\s", "");
  }

  /** The text in deltas of random lengths. */
  static String pieces(String text, Random random) {
    var pieces = new StringBuilder();
    for (int at = 0; at < text.length(); ) {
      int end = Math.min(text.length(), at + 1 + random.nextInt(9));
      end += end < text.length() && Character.isLowSurrogate(text.charAt(end)) ? 1 : 0;
      pieces.append(at == 0 ? "" : Vendor.SEAM).append(text, at, end);
      at = end;
    }
    return pieces.indexOf(String.valueOf(Vendor.SEAM)) < 0
        ? pieces.append(Vendor.SEAM).toString()
        : pieces.toString();
  }

  private String events(Told told) {
    return String.join("", vendor.events(told)).replace(String.valueOf(Vendor.SEAM), "");
  }

  private String body(Told told, Tale tale) {
    return tale.stream()
        ? events(told)
        : vendor.whole(told).replace(String.valueOf(Vendor.SEAM), "");
  }

  private String type(Tale tale) {
    return tale.stream() ? vendor.streamType() : "application/json";
  }

  private Reply whole(Told told, Tale tale, Random random) {
    return tale.stream()
        ? chunked(type(tale), events(told), random).lastChunk()
        : Reply.ok("application/json", body(told, tale));
  }

  private Reply broken(Told told, Tale tale, int times, Random random) {
    Reply fine = whole(told, tale, random);
    String body = body(told, tale);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Reply begun = fine.cutAfter(1 + random.nextInt(fine.byteCount() - 1));
    String half = half(told, tale, random);
    return switch (tale.fault()) {
      case NONE -> fine;
      case NO_HEAD -> Reply.nothing().awaitClose();
      case NO_FIRST_EVENT -> Reply.chunkedHead(type(tale)).awaitClose();
      case CUT -> fine.cutAfter(random.nextInt(fine.byteCount())).fin();
      case CUT_CLEANLY ->
          closing(type(tale), "", latin1(bytes, random.nextInt(bytes.length + 1))).fin();
      case RESET -> begun.reset();
      case STALL -> begun.awaitClose();
      case INVALID_CHUNK ->
          chunked(type(tale), half + "data: {\"choi\n\n{\"broken\n", random).lastChunk();
      case SAID_IN_ANSWER -> chunked(type(tale), half + vendor.failure(), random).lastChunk();
      case MISSING_END -> chunked(type(tale), withoutEnd(told, tale), random).lastChunk();
      case LENGTH_TOO_LONG ->
          sized(type(tale), bytes.length + 1 + random.nextInt(9), latin1(bytes, bytes.length))
              .fin();
      case LENGTH_TOO_SHORT ->
          sized(type(tale), random.nextInt(bytes.length), latin1(bytes, bytes.length)).fin();
      case BUSY -> refused(429);
      case BROKEN_ONCE -> times == 1 ? refused(500) : fine;
      case GZIP -> closing(type(tale), "Content-Encoding: gzip\r\n", gzip(bytes)).fin();
      case CRLF -> chunked(type(tale), body.replace("\n", "\r\n"), random).lastChunk();
      case BYTE_BY_BYTE -> fine.dripped();
    };
  }

  private Reply refused(int status) {
    return Reply.whole(
        status, "application/json", vendor.error(status, "some_error", "No."), "Retry-After: 1");
  }

  /** Some of the events; of an answer in one piece, some of its bytes. */
  private String half(Told told, Tale tale, Random random) {
    if (!tale.stream()) {
      String body = body(told, tale);
      return body.substring(0, random.nextInt(body.length()));
    }
    var events = vendor.events(told);
    return String.join("", events.subList(0, random.nextInt(events.size() - 1)))
        .replace(String.valueOf(Vendor.SEAM), "");
  }

  private String withoutEnd(Told told, Tale tale) {
    if (!tale.stream()) {
      return body(told, tale);
    }
    var events = vendor.events(told);
    return String.join("", events.subList(0, events.size() - 1))
        .replace(String.valueOf(Vendor.SEAM), "");
  }

  private static Reply chunked(String type, String body, Random random) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Reply reply = Reply.chunkedHead(type);
    var wire = new StringBuilder();
    for (int from = 0; from < bytes.length; ) {
      int length = Math.min(bytes.length - from, 1 + random.nextInt(MOST_PIECE));
      wire.append(Integer.toHexString(length)).append("\r\n");
      wire.append(new String(bytes, from, length, StandardCharsets.ISO_8859_1)).append("\r\n");
      from += length;
      if (random.nextInt(4) == 0) {
        reply = reply.send(wire.toString());
        wire.setLength(0);
      }
    }
    return reply.send(wire.toString());
  }

  private static Reply closing(String type, String fields, String body) {
    return Reply.raw(
            "HTTP/1.1 200 OK\r\nContent-Type: "
                + type
                + "\r\n"
                + fields
                + "Connection: close\r\n\r\n")
        .send(body);
  }

  private static Reply sized(String type, int length, String body) {
    return Reply.raw(
            "HTTP/1.1 200 OK\r\nContent-Type: "
                + type
                + "\r\nContent-Length: "
                + length
                + "\r\n\r\n")
        .send(body);
  }

  private static String latin1(byte[] bytes, int count) {
    return new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
  }

  private static String gzip(byte[] bytes) {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return packed.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    server.close();
  }
}
