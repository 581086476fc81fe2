package llm.server.api;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import llm.core.config.ConfigProblem;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;
import tools.jackson.core.JsonGenerator;

/** {@code POST /admin/reload}: what an operator does to a running server. */
public final class AdminEndpoints {
  private static final int REFUSED = 400;

  private final Supplier<Outcome> reload;
  private final Predicate<Principal> isAdmin;

  /**
   * What came of reading the configuration again.
   *
   * @param changed keys whose new values are followed
   * @param restartNeeded keys whose new values wait for the next start
   * @param problems why nothing is followed; empty when it is
   */
  public record Outcome(
      List<String> changed, List<String> restartNeeded, List<ConfigProblem> problems) {
    /** Copies the lists. */
    public Outcome {
      changed = List.copyOf(changed);
      restartNeeded = List.copyOf(restartNeeded);
      problems = List.copyOf(problems);
    }

    /** The new configuration is followed. */
    public static Outcome followed(List<String> changed, List<String> restartNeeded) {
      return new Outcome(changed, restartNeeded, List.of());
    }

    /** The old configuration goes on. */
    public static Outcome refused(List<ConfigProblem> problems) {
      return new Outcome(List.of(), List.of(), problems);
    }

    /** Whether the new configuration is followed. */
    public boolean isFollowed() {
      return problems.isEmpty();
    }
  }

  /**
   * Endpoints over what reads the configuration again.
   *
   * @param isAdmin whether somebody may do what operators do
   */
  public AdminEndpoints(Supplier<Outcome> reload, Predicate<Principal> isAdmin) {
    this.reload = reload;
    this.isAdmin = isAdmin;
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(new Route("POST", "/admin/reload", Route.Kind.MONITOR, this::reload));
  }

  private Response reload(Request request) throws LlmException {
    if (!isAdmin.test(request.call().principal())) {
      throw new LlmException(
          new LlmError.Forbidden(
              "This is for the keys of operators: those that have admin: true in auth.keys."));
    }
    Outcome outcome = reload.get();
    return outcome.isFollowed()
        ? Response.json(
            Json.object(out -> {
              out.writeStringProperty("status", "reloaded");
              names("changed", outcome.changed(), out);
              names("restart_needed", outcome.restartNeeded(), out);
            }))
        : Response.json(REFUSED, Json.object(out -> refused(outcome, request, out)));
  }

  private static void refused(Outcome outcome, Request request, JsonGenerator out) {
    out.writeObjectPropertyStart("error");
    out.writeStringProperty("code", "invalid_configuration");
    out.writeStringProperty(
        "message", "The configuration has mistakes; the one before is still followed.");
    out.writeArrayPropertyStart("problems");
    for (ConfigProblem problem : outcome.problems()) {
      out.writeStartObject();
      out.writeStringProperty("source", problem.source());
      out.writeNumberProperty("line", problem.line());
      out.writeStringProperty("key", problem.key());
      out.writeStringProperty("message", problem.message());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeStringProperty("request_id", request.head().id().value());
    out.writeEndObject();
  }

  private static void names(String property, List<String> names, JsonGenerator out) {
    out.writeArrayPropertyStart(property);
    names.forEach(out::writeString);
    out.writeEndArray();
  }
}
