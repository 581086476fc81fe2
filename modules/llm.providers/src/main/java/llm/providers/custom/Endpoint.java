package llm.providers.custom;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import llm.providers.transport.BaseUrl;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamRequest.Body;

/**
 * Where an endpoint is: the host, and the path there with the model's place.
 *
 * @param base scheme, host and port
 * @param path with the query; may have {@code {{model}}}
 */
record Endpoint(String base, String path) {
  private static final String MODEL = Placeholder.MODEL.toString();

  /**
   * The endpoint of a URL.
   *
   * @throws IllegalArgumentException with a message that completes "must …"
   */
  static Endpoint of(String url) {
    URI uri;
    try {
      uri = new URI(url.strip().replace(MODEL, "model"));
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException(
          "be a URL, as http://127.0.0.1:11434/api/generate; of places it knows " + MODEL);
    }
    String text = url.strip();
    int start = text.indexOf('/', Math.max(0, text.indexOf("://")) + "://".length());
    String base = start < 0 ? text : text.substring(0, start);
    if (uri.getRawFragment() != null) {
      throw new IllegalArgumentException("have no fragment (#…)");
    }
    BaseUrl.of(base);
    var endpoint = new Endpoint(base, start < 0 ? "/" : text.substring(start));
    requireTarget(endpoint.path("model"));
    return endpoint;
  }

  private static void requireTarget(String path) {
    try {
      new UpstreamRequest("POST", path, List.of(), Body.NONE);
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException("have a legal path: " + refused.getMessage(), refused);
    }
  }

  /** The path for a model; its slashes stay, as of {@code org/model}. */
  String path(String model) {
    String escaped = URLEncoder.encode(model, StandardCharsets.UTF_8);
    return path.replace(MODEL, escaped.replace("+", "%20").replace("%2F", "/"));
  }
}
