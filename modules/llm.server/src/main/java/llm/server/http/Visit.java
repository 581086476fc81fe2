package llm.server.http;

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

  /** Whether it ended well on a route whose good ends need no line at INFO. */
  boolean isQuiet() {
    return quiet && end.equals(DONE);
  }

  void on(Route.Kind kind) {
    quiet = kind.isQuiet();
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
