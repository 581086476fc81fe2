package llm.core.trace;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.text.Excerpt;

/**
 * Section {@code tracing}. OpenTelemetry's own variables set it too, as variables of the
 * environment do everywhere: over the file, under {@code LLM_TRACING_…}.
 *
 * @param endpoint where spans are posted to; empty: nothing is recorded
 * @param headers fields of every post; their values are secrets
 * @param serviceName what the process calls itself
 * @param ownServiceName the same where it was configured by itself
 * @param resourceAttributes what else describes the process
 * @param sampler which traces are recorded
 * @param sampleRatio the share of them, 0 to 1, for samplers that know one
 * @param captureContent whether prompts and answers are put into spans
 * @param queueSpans how many may wait to be sent
 * @param batchSpans how many are sent at once
 * @param batchPatience how long one waits for others
 * @param timeout for one post
 * @param compression of its body
 */
public record TracingSettings(
    Optional<URI> endpoint,
    Map<String, Secret> headers,
    String serviceName,
    Optional<String> ownServiceName,
    Map<String, String> resourceAttributes,
    Sampler sampler,
    double sampleRatio,
    boolean captureContent,
    int queueSpans,
    int batchSpans,
    Duration batchPatience,
    Duration timeout,
    Compression compression) {

  /** How the body of a post is sent. */
  public enum Compression {
    NONE,
    GZIP
  }

  private static final Pattern FIELD = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
  private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e]*");
  private static final Set<String> NOT_OURS =
      Set.of("connection", "content-length", "content-encoding", "expect", "host", "upgrade");
  private static final String PATH = "/v1/traces";
  private static final String DEFAULT_NAME = "llm.server";

  private static final Setting<Boolean> ENABLED =
      Setting.flag("enabled", true, "Whether spans are recorded, where there is an endpoint.");
  private static final Setting<String> ENDPOINT =
      Setting.optionalText(
              "endpoint",
              "Where a collector takes OTLP over HTTP, as http://localhost:4318; /v1/traces is put"
                  + " behind it. Without it nothing is recorded.")
          .orEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT");
  private static final Setting<String> TRACES_ENDPOINT =
      Setting.optionalText(
              "traces_endpoint",
              "The same as a whole URL, taken as it is; it comes before endpoint.")
          .orEnvironment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  private static final Setting<Secret> HEADERS =
      Setting.optionalSecret(
              "headers", "Header fields of every post, as `api-key=…,x-tenant=…`, percent-encoded.")
          .orEnvironment("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
  private static final Setting<String> SERVICE_NAME =
      Setting.optionalText("service_name", "What the server is called in traces; llm.server.")
          .orEnvironment("OTEL_SERVICE_NAME");
  private static final Setting<String> RESOURCE =
      Setting.optionalText(
              "resource_attributes",
              "What else describes the server, as `deployment.environment.name=test,…`,"
                  + " percent-encoded.")
          .orEnvironment("OTEL_RESOURCE_ATTRIBUTES");
  private static final Setting<Sampler> SAMPLER =
      Setting.choice(
              "sampler",
              Sampler.PARENTBASED_TRACEIDRATIO,
              "Which traces are recorded; parentbased_… follows a caller that has decided.")
          .orEnvironment("OTEL_TRACES_SAMPLER");
  private static final Setting<Double> RATIO =
      Setting.number(
              "sample_ratio", 1, 0, 1, "Share of the traces begun here that traceidratio records.")
          .orEnvironment("OTEL_TRACES_SAMPLER_ARG");
  private static final Setting<Boolean> CONTENT =
      Setting.flag("capture_content", false, "Whether spans hold prompts and answers.");
  private static final Setting<Integer> QUEUE =
      Setting.integer(
              "queue_spans", 4_096, 8, 1_000_000, "Spans that may wait; more are dropped, counted.")
          .orEnvironment("OTEL_BSP_MAX_QUEUE_SIZE");
  private static final Setting<Integer> BATCH =
      Setting.integer("batch_spans", 512, 1, 100_000, "Spans that are sent at once.")
          .orEnvironment("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  private static final Setting<Duration> PATIENCE =
      Setting.duration(
              "batch_ms",
              Duration.ofSeconds(5),
              Duration.ofMillis(1),
              Duration.ofMinutes(10),
              "How long a span waits for others.")
          .orEnvironment("OTEL_BSP_SCHEDULE_DELAY");
  private static final Setting<Duration> TIMEOUT =
      Setting.duration(
              "timeout_ms",
              Duration.ofSeconds(10),
              Duration.ofMillis(10),
              Duration.ofMinutes(10),
              "How long a post may take.")
          .orEnvironment("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT");
  private static final Setting<Compression> COMPRESSION =
      Setting.choice("compression", Compression.NONE, "How the body of a post is sent.")
          .orEnvironment("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION");

  /** Copies the maps. */
  public TracingSettings {
    headers = Map.copyOf(headers);
    resourceAttributes = Map.copyOf(resourceAttributes);
  }

  /** Reads the section {@code tracing} of {@code root}. */
  public static TracingSettings read(Section root) {
    Section section = root.section("tracing", "Spans of requests, sent by OTLP.");
    boolean enabled = section.get(ENABLED);
    Optional<URI> endpoint = endpoint(section);
    Optional<String> name = section.find(SERVICE_NAME).filter(text -> !text.isBlank());
    Map<String, Secret> headers = new LinkedHashMap<>();
    pairs(section, HEADERS.key(), section.find(HEADERS).map(Secret::reveal).orElse(""))
        .forEach((field, value) -> {
          if (!FIELD.matcher(field).matches()
              || NOT_OURS.contains(field.toLowerCase(Locale.ROOT))
              || !VALUE.matcher(value).matches()) {
            section.reject(
                HEADERS.key(), "must not set " + Excerpt.of(field) + ", or to such a value");
          } else {
            headers.put(field, new Secret(value));
          }
        });
    return new TracingSettings(
        endpoint.filter(_ -> enabled),
        headers,
        name.orElse(DEFAULT_NAME),
        name,
        pairs(section, RESOURCE.key(), section.find(RESOURCE).orElse("")),
        section.get(SAMPLER),
        section.get(RATIO),
        section.get(CONTENT),
        section.get(QUEUE),
        section.get(BATCH),
        section.get(PATIENCE),
        section.get(TIMEOUT),
        section.get(COMPRESSION));
  }

  private static Optional<URI> endpoint(Section section) {
    Optional<String> whole = section.find(TRACES_ENDPOINT).filter(text -> !text.isBlank());
    Optional<String> base = section.find(ENDPOINT).filter(text -> !text.isBlank());
    if (whole.isPresent()) {
      return uri(section, TRACES_ENDPOINT.key(), whole.get());
    }
    return base.flatMap(text ->
        uri(
            section,
            ENDPOINT.key(),
            (text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + PATH));
  }

  /** What is wrong is said without the text: it may hold a secret. */
  private static Optional<URI> uri(Section section, String key, String text) {
    Optional<URI> uri = parsed(text).filter(TracingSettings::isUsable);
    if (uri.isEmpty()) {
      section.reject(
          key, "must be a URL as http://localhost:4318, without a user; put secrets into headers");
    }
    return uri;
  }

  private static Optional<URI> parsed(String text) {
    try {
      return Optional.of(new URI(text));
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }

  private static boolean isUsable(URI uri) {
    boolean known = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    return known && uri.getHost() != null && uri.getUserInfo() == null;
  }

  /** {@code name=value,…} as W3C baggage has it, the values percent-encoded. */
  private static Map<String, String> pairs(Section section, String key, String text) {
    var pairs = new LinkedHashMap<String, String>();
    for (String part : text.split(",")) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? "" : part.substring(0, equals).strip();
      if (part.isBlank()) {
        continue;
      }
      try {
        if (name.isEmpty()) {
          throw new IllegalArgumentException();
        }
        String value = part.substring(equals + 1).strip().replace("+", "%2B");
        pairs.put(name, URLDecoder.decode(value, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException _) {
        section.reject(key, "must be name=value pairs with commas between, percent-encoded");
      }
    }
    return pairs;
  }
}
