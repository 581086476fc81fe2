package llm.server.http;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import llm.domain.call.Call;
import llm.domain.call.Principal;

/** What one request came to, for the access log. Used by the request's own thread. */
final class Visit {
  private final Head head;
  private final String route;
  private final long startedNanos;
  private static final String DONE = "done";
  private String principal = "-";
  private String end = DONE;
  private boolean quiet;
  private BooleanSupplier failureLogged = () -> false;
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

  /** Whether a line at INFO would tell nothing that is not told or needs no telling. */
  boolean isQuiet() {
    return quiet && (end.equals(DONE) || isToldElsewhere());
  }

  /** Of what became of the connection others know at most that the client has left. */
  private boolean isToldElsewhere() {
    boolean isKnown =
        Arrays.stream(ConnectionLost.Why.values())
            .filter(why -> why != ConnectionLost.Why.GONE)
            .noneMatch(why -> why.word().equals(end));
    return isKnown && failureLogged.getAsBoolean();
  }

  void on(Route.Kind kind) {
    quiet = kind.isQuiet();
  }

  /** Works under {@code call}. */
  void under(Call call) {
    failureLogged = call::isFailureLogged;
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
