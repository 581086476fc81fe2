package llm.server.http;

import llm.domain.error.LlmException;

/**
 * One endpoint.
 *
 * @param method the request method, in upper case
 * @param template the path; one step may be {@code {name}}, a variable: in the middle it takes one
 *     step, as the last one the rest of the path, slashes included
 * @param kind who may ask and under which limits
 * @param handler what answers
 */
public record Route(String method, String template, Kind kind, Handler handler) {

  /** Answers the requests of one route, on the request's own virtual thread: it may block. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Decides the answer; the caller writes it.
     *
     * @throws LlmException with what keeps it from answering; it becomes the error in the dialect
     *     of the path
     */
    Response handle(Request request) throws LlmException;
  }

  /** Who may ask and under which limits. */
  public enum Kind {
    /** Health probes: no key, no request limit, answered while draining. */
    PROBE,
    /** For operators: a key, no request limit, answered while draining. */
    MONITOR,
    /** The product's work: a key, a place among the requests, refused while draining. */
    WORK,
    /** Work whose one INFO line the gateway writes, with tokens and times. */
    GENERATION;

    /** Whether the server's request limit and drain apply. */
    boolean takesAPlace() {
      return this == WORK || this == GENERATION;
    }

    /** Whether an answer without an error, or whose error is logged, needs no line at INFO. */
    boolean isQuiet() {
      return this == PROBE || this == GENERATION;
    }
  }

  /** Rejects a template that the router could not match. */
  public Route {
    int open = template.indexOf('{');
    int close = template.indexOf('}');
    boolean wholeStep =
        open < 0
            || close > open
                && template.charAt(open - 1) == '/'
                && template.indexOf('{', close) < 0
                && (close + 1 == template.length() || template.charAt(close + 1) == '/');
    if (!template.startsWith("/") || !wholeStep) {
      throw new IllegalArgumentException(
          "path template '" + template + "' must start with /; its one variable is a whole step");
    }
  }

  /** The part before the variable, or the whole template when it has none. */
  String fixedPart() {
    int open = template.indexOf('{');
    return open < 0 ? template : template.substring(0, open);
  }

  /** The part behind the variable; empty when that comes last or there is none. */
  String suffix() {
    return hasVariable() ? template.substring(template.indexOf('}') + 1) : "";
  }

  /** Whether the template has a variable. */
  boolean hasVariable() {
    return template.indexOf('{') >= 0;
  }
}
