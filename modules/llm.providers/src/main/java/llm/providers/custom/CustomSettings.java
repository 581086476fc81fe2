package llm.providers.custom;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.chat.FinishReason;
import llm.providers.custom.AnswerPaths.Key;
import llm.providers.upstream.Framing;
import llm.providers.upstream.GoingOn;
import llm.providers.upstream.SchemaForm;
import llm.providers.upstream.ToolWords;
import llm.providers.upstream.Upstream;

/**
 * One endpoint as it is configured.
 *
 * @param upstream what every upstream has
 * @param method of requests
 * @param endpoint where whole answers are asked for
 * @param template what requests look like
 * @param prompt how messages become one text
 * @param whole where the parts of a whole answer stand
 * @param stream how streams come; empty: there are none
 * @param reasons what the endpoint's reasons for an end mean
 * @param toolWords how its models write calls of tools
 */
record CustomSettings(
    Upstream upstream,
    String method,
    Endpoint endpoint,
    Template template,
    PromptForm prompt,
    AnswerPaths whole,
    Optional<Pieces> stream,
    Map<String, FinishReason> reasons,
    ToolWords toolWords) {

  /** How an answer comes in pieces. */
  enum Format {
    /** It does not. */
    NONE,
    /** As an event stream. */
    SSE,
    /** As lines of JSON. */
    NDJSON
  }

  /** Methods of requests with a body. */
  enum Method {
    POST,
    PUT,
    PATCH
  }

  /**
   * How streams come.
   *
   * @param endpoint where they are asked for
   * @param framing how they are taken apart
   * @param paths where the parts of a piece stand
   * @param mark data of the piece behind the last one
   */
  record Pieces(Endpoint endpoint, Framing framing, AnswerPaths paths, Optional<String> mark) {}

  private static final Setting<String> URL =
      Setting.optionalText(
          "url",
          "Where requests go, as http://127.0.0.1:11434/api/generate; {{model}} is the model's id.");
  private static final Setting<Method> METHOD =
      Setting.choice("method", Method.POST, "Method of requests.");
  private static final Setting<String> HEALTH =
      Setting.text(
          "health_path", "/", "Path of the host that is asked whether it is there; 404 will do.");
  private static final Setting<String> REQUEST =
      Setting.optionalText(
          "request",
          "What requests look like: a JSON object with places, as {\"model\": \"{{model}}\","
              + " \"prompt\": \"{{prompt}}\"}.");
  private static final Setting<Format> FORMAT =
      Setting.choice("format", Format.NONE, "How an answer comes in pieces.");
  private static final Setting<String> STREAM_URL =
      Setting.optionalText("url", "Where streams are asked for, where that is another place.");
  private static final Setting<String> DONE =
      Setting.optionalText("done", "Data that stands behind the last piece, as [DONE].");
  private static final Setting<FinishReason> REASON =
      Setting.choice(
          "finish_reasons",
          FinishReason.STOP,
          "What the endpoint's reasons for an end mean, beside those that are understood anyway.");

  /** Reads an endpoint; empty when it cannot be, which is reported then. */
  static Optional<CustomSettings> read(String name, Section section) {
    Optional<Endpoint> endpoint = needed(section, URL, Endpoint::of);
    Optional<Template> template = needed(section, REQUEST, Template::of);
    String method = section.get(METHOD).name();
    PromptForm prompt = PromptForm.read(section);
    AnswerPaths whole =
        AnswerPaths.whole(section.section("response", "Where the parts of a whole answer stand."));
    Optional<Pieces> stream = pieces(section, endpoint, whole);
    if (!whole.has(Key.TEXT)) {
      section.reject("response", "must have text: the path of the answer's text");
    }
    var reasons = new LinkedHashMap<>(section.map(REASON));
    ToolWords words = ToolWords.read(section);
    Optional<Upstream> upstream =
        Upstream.read(name, section, endpoint.map(Endpoint::base), Map.of(), section.get(HEALTH));
    upstream.ifPresent(up -> GoingOn.rejectPrefill(up.goingOn(), section));
    upstream.ifPresent(up -> SchemaForm.rejectFields(up.schemas(), section));
    if (upstream.isPresent() && upstream.get().models().isEmpty()) {
      section.reject("models", "must name one model at least: an endpoint does not list them");
    }
    return upstream.flatMap(up ->
        template.map(body ->
            new CustomSettings(
                up, method, endpoint.orElseThrow(), body, prompt, whole, stream, reasons, words)));
  }

  private static Optional<Pieces> pieces(
      Section section, Optional<Endpoint> endpoint, AnswerPaths whole) {
    Section stream =
        section.section(
            "stream",
            "How an answer comes in pieces; a path that is not named here is that of response.");
    Format format = stream.get(FORMAT);
    AnswerPaths paths = AnswerPaths.pieces(stream, whole);
    Optional<String> mark = stream.find(DONE);
    Optional<Endpoint> other =
        stream.find(STREAM_URL).flatMap(url -> parsed(stream, URL, url, Endpoint::of));
    if (other.isPresent()
        && endpoint.isPresent()
        && !other.get().base().equals(endpoint.get().base())) {
      stream.reject(STREAM_URL.key(), "must be at the same scheme, host and port as url");
    }
    return switch (format) {
      case NONE -> Optional.empty();
      case SSE, NDJSON ->
          other.or(() -> endpoint).map(place -> new Pieces(place, framing(format), paths, mark));
    };
  }

  private static Framing framing(Format format) {
    return format == Format.SSE ? Framing.EVENTS : Framing.LINES;
  }

  private static <T> Optional<T> needed(
      Section section, Setting<String> setting, Function<String, T> reader) {
    Optional<String> text = section.find(setting);
    if (text.isEmpty()) {
      section.reject(setting.key(), "is missing. " + setting.doc());
      return Optional.empty();
    }
    return parsed(section, setting, text.get(), reader);
  }

  private static <T> Optional<T> parsed(
      Section section, Setting<String> setting, String text, Function<String, T> reader) {
    try {
      return Optional.of(reader.apply(text));
    } catch (IllegalArgumentException refused) {
      section.reject(setting.key(), "must " + refused.getMessage());
      return Optional.empty();
    }
  }
}
