package llm.server.matrix;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Random;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;

/** A provider and the scripted upstream that it asks. One cell at a time. */
final class Back implements AutoCloseable {
  private static final int MOST_PIECE = 60;

  final String name;
  final String title;
  final String model;
  final Vendor vendor;
  final FaultUpstream server = FaultUpstream.open();
  private volatile Reply reply = Reply.whole(500, "text/plain", "nothing is scripted");
  private volatile Optional<Received> asked = Optional.empty();

  Back(String name, String title, String model, Vendor vendor) {
    this.name = name;
    this.title = title;
    this.model = model;
    this.vendor = vendor;
    server.otherwise(request -> {
      if (!request.method().equals("POST")) {
        return Reply.ok("application/json", "{\"data\":[]}");
      }
      asked = Optional.of(request);
      return reply;
    });
  }

  /** Answers so from now on, the next request being the first. */
  void answers(Reply next) {
    asked = Optional.empty();
    reply = next;
  }

  /** Answers so, in awkward pieces where it is a stream. */
  void answers(Told told, boolean stream, Random random) {
    answers(
        stream
            ? stream(vendor.streamType(), String.join("", vendor.events(told)), random).lastChunk()
            : Reply.ok("application/json", vendor.whole(told)));
  }

  /** The events up to the middle of the answer's text, and nothing behind them. */
  Reply begun(Told told, Random random) {
    var events = new ArrayList<String>();
    for (String event : vendor.events(told)) {
      events.add(event);
      if (event.contains(Vendor.halves(told.text()).getFirst())) {
        break;
      }
    }
    return stream(vendor.streamType(), String.join("", events), random);
  }

  /** Fails so before it answers. */
  void refuses(Design.Fault fault) {
    String body =
        fault == Design.Fault.TOO_LONG
            ? vendor.tooLong()
            : vendor.error(fault.upstream, "some_error", "No, said of key sk-test");
    answers(Reply.whole(fault.upstream, "application/json", body, "Retry-After: 7"));
  }

  /** Fails so when half of the answer is told. */
  void breaks(Design.Fault fault, Told told, boolean stream, Random random) {
    Reply whole = Reply.ok("application/json", vendor.whole(told));
    Reply half = stream ? begun(told, random) : whole.cutAfter(whole.byteCount() - 5);
    answers(
        switch (fault) {
          case CUT -> half.fin();
          case RESET -> half.reset();
          default -> half.chunk(vendor.failure()).lastChunk();
        });
  }

  /** Cuts anywhere: within characters, lines and events, or behind several of them. */
  private static Reply stream(String type, String body, Random random) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Reply reply = Reply.chunkedHead(type);
    for (int from = 0; from < bytes.length; ) {
      int most = random.nextInt(8) == 0 ? bytes.length : MOST_PIECE;
      int length = Math.min(bytes.length - from, 1 + random.nextInt(most));
      String piece = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
      reply = reply.send(Integer.toHexString(length) + "\r\n" + piece + "\r\n");
      from += length;
    }
    return reply;
  }

  /** Whether a request came since the last script. */
  boolean wasAsked() {
    return asked.isPresent();
  }

  /** What was asked; fails where the vendor would not take it. */
  Wish asked() {
    Received request = asked.orElseThrow(() -> new AssertionError("nothing was asked"));
    Object body = Json.parse(request.body());
    var problems = new ArrayList<String>(vendor.headProblems(request));
    problems.addAll(vendor.problems(body));
    if (!request.target().equals(vendor.path())) {
      problems.add("asked at " + request.target());
    }
    if (!problems.isEmpty()) {
      throw new AssertionError(
          name + " takes no such request: " + problems + "\n" + request.body());
    }
    return vendor.read(body).withSpokenSchema();
  }

  @Override
  public void close() {
    server.close();
  }

  @Override
  public String toString() {
    return name;
  }
}
