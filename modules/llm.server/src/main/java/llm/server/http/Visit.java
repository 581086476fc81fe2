package llm.server.http;

import java.util.Arrays;
import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.Principal;
import llm.domain.call.Span;
import llm.server.http.guard.ConnectionLost;

/** What one request came to, for the access log. Used by the request's own thread. */
final class Visit {
  private final Head head;
  private final String route;
  private final long startedNanos;
  private static final String DONE = "done";
  private String principal = "-";
  private String end = DONE;
  private String repeated = "";
  private boolean quiet;
  private Optional<Call> call = Optional.empty();
  private Span span = Span.NONE;
  private Runnable afterwards = () -> {};

  Visit(Head head, String route, long startedNanos) {
    this.head = head;
    this.route = route;
    this.startedNanos = startedNanos;
  }

  Head head() {
    return head;
  }

  /** The template of its path, or what stands for paths that there are not. */
  String route() {
    return route;
  }

  long startedNanos() {
    return startedNanos;
  }

  String principal() {
    return principal;
  }

  /** How it ended: {@code done}, an error's code, or what became of the client. */
  String end() {
    return end;
  }

  /** Its answer was made for another request; {@code how} says it in the log. */
  void repeats(String how) {
    repeated = how;
  }

  /** What its idempotency key did; empty without one. */
  String repeated() {
    return repeated;
  }

  /** Whether a line at INFO would tell nothing that is not told or needs no telling. */
  boolean isQuiet() {
    return quiet && !isCopy() && (end.equals(DONE) || isToldElsewhere());
  }

  /** Nobody else writes a line for it. */
  private boolean isCopy() {
    return !repeated.isEmpty() && !repeated.equals(Repeats.FIRST);
  }

  /** Of what became of the connection others know at most that the client has left. */
  private boolean isToldElsewhere() {
    boolean isKnown =
        Arrays.stream(ConnectionLost.Why.values())
            .filter(why -> why != ConnectionLost.Why.GONE)
            .noneMatch(why -> why.word().equals(end));
    return isKnown && call.filter(Call::isFailureLogged).isPresent();
  }

  void on(Route.Kind kind) {
    quiet = kind.isQuiet();
  }

  /** Its work is part of {@code own}. */
  void within(Span own) {
    span = own;
  }

  /** What its work is part of. */
  Span span() {
    return span;
  }

  /** Works under {@code call}. */
  void under(Call own) {
    call = Optional.of(own);
  }

  /** The call it works under; empty as long as it was not let in. */
  Optional<Call> call() {
    return call;
  }

  void belongsTo(Principal owner) {
    principal = owner.name();
  }

  /** What goes on with its connection when the request is over. */
  void continuesAs(Runnable next) {
    afterwards = next;
  }

  /** Goes on with its connection, if it left HTTP. */
  void goOn() {
    afterwards.run();
  }

  void endedAs(String how) {
    end = how;
  }
}
