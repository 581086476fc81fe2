package llm.server.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import llm.domain.error.LlmError;

/**
 * Finds the route of a method and a path. A path without a variable wins over one with, and one
 * whose variable is in the middle over one where it takes the rest; HEAD finds the route of GET.
 * Immutable. A path without a variable is found by one look-up; only for others are all routes
 * looked through.
 */
public final class Router {

  /** What was found. */
  public sealed interface Match {
    /**
     * There is a route.
     *
     * @param variable what stands in the path's variable, percent-decoded
     */
    record Found(Route route, Optional<String> variable) implements Match {}

    /** The path is known, the method is OPTIONS: {@code allowed} answers it. */
    record Options(String template, String allowed) implements Match {}

    /** There is no such path, or not for this method. */
    record Missing(LlmError error) implements Match {}
  }

  private final List<Route> routes;
  private final Map<String, List<Route>> fixed = new HashMap<>(); // by their path

  /** A router over {@code routes}. */
  public Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
    for (Route route : routes) {
      if (!route.hasVariable()) {
        fixed.computeIfAbsent(route.template(), _ -> new ArrayList<>()).add(route);
      }
    }
  }

  /** Its routes, in the order in which they were given. */
  public List<Route> routes() {
    return routes;
  }

  /**
   * Finds the route.
   *
   * @param path the path as it was sent, not decoded
   */
  public Match match(String method, String path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    for (Route route : fixed.getOrDefault(path, List.of())) {
      if (route.method().equals(wanted)) {
        return new Match.Found(route, Optional.empty());
      }
    }
    return search(method, wanted, path);
  }

  private Match search(String method, String wanted, String path) {
    List<Route> candidates = routes.stream().filter(route -> matches(route, path)).toList();
    Optional<Route> found =
        candidates.stream()
            .filter(route -> route.method().equals(wanted))
            .min(Comparator.comparing(Route::hasVariable).thenComparing(r -> r.suffix().isEmpty()));
    if (found.isPresent()) {
      return new Match.Found(found.get(), variable(found.get(), path));
    }
    if (candidates.isEmpty()) {
      return new Match.Missing(new LlmError.NotFound("endpoint", path));
    }
    String allowed = allowed(candidates);
    return method.equals("OPTIONS")
        ? new Match.Options(candidates.getFirst().template(), allowed)
        : new Match.Missing(new LlmError.MethodNotAllowed(method, allowed));
  }

  private static boolean matches(Route route, String path) {
    String fixed = route.fixedPart();
    if (!route.hasVariable()) {
      return path.equals(fixed);
    }
    String suffix = route.suffix();
    int end = path.length() - suffix.length();
    return end > fixed.length()
        && path.startsWith(fixed)
        && path.endsWith(suffix)
        && (suffix.isEmpty() || path.indexOf('/', fixed.length()) == end);
  }

  private static Optional<String> variable(Route route, String path) {
    return route.hasVariable()
        ? Optional.of(
            decode(
                path.substring(
                    route.fixedPart().length(), path.length() - route.suffix().length())))
        : Optional.empty();
  }

  /** Percent-decoding of a path, where a plus sign is itself. */
  private static String decode(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String allowed(List<Route> candidates) {
    var methods = new TreeSet<String>(List.of("OPTIONS"));
    for (Route route : candidates) {
      methods.add(route.method());
      if (route.method().equals("GET")) {
        methods.add("HEAD");
      }
    }
    return String.join(", ", methods);
  }
}
