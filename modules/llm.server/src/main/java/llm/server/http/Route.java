package llm.server.http;

import llm.domain.error.LlmException;

/**
 * One endpoint.
 *
 * @param method the request method, in upper case
 * @param template the path; its last step may be {@code {name}}, which takes the rest of the path,
 *     slashes included
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
    if (!template.startsWith("/")
        || (open >= 0 && (!template.endsWith("}") || template.charAt(open - 1) != '/'))) {
      throw new IllegalArgumentException(
          "path template '" + template + "' must start with / and end in its one variable");
    }
  }

  /** The part before the variable, or the whole template when it has none. */
  String fixedPart() {
    int open = template.indexOf('{');
    return open < 0 ? template : template.substring(0, open);
  }

  /** Whether the template ends in a variable. */
  boolean hasVariable() {
    return template.endsWith("}");
  }
}
