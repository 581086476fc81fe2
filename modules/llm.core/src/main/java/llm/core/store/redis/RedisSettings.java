package llm.core.store.redis;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * Where a Redis is and how it is asked, from section {@code redis}.
 *
 * @param user empty for the default user
 * @param password empty when it asks for none
 * @param database its number
 * @param tls whether the connection is encrypted, and the server's certificate checked
 * @param caFile authorities to trust instead of the system's, as PEM
 * @param keyPrefix comes before every key
 * @param connections the most at once
 */
public record RedisSettings(
    String host,
    int port,
    Optional<String> user,
    Optional<Secret> password,
    int database,
    boolean tls,
    Optional<Path> caFile,
    String keyPrefix,
    int connections) {
  private static final int DEFAULT_PORT = 6379;
  private static final int MAX_DATABASE = 65_535;

  /** What container platforms put into REDIS_PORT. */
  private static final Pattern PORT_OF_LINK = Pattern.compile("tcp://[^/]+:([0-9]+)");

  private static final Setting<Secret> URL =
      Setting.optionalSecret(
              "url",
              "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS; stands for the"
                  + " keys host to tls.")
          .orEnvironment("REDIS_URL");
  private static final Setting<String> HOST =
      Setting.optionalText("host", "Name or address of a Redis; with it, or url, Redis is used.")
          .orEnvironment("REDIS_HOST");
  private static final Setting<Integer> PORT =
      new Setting<>(
          "port",
          "integer, 1 to 65535",
          portParser(),
          Optional.of(DEFAULT_PORT),
          Integer.toString(DEFAULT_PORT),
          List.of("REDIS_PORT"),
          "Its port.");
  private static final Setting<Integer> DATABASE =
      Setting.integer("database", 0, 0, MAX_DATABASE, "Number of the database.")
          .orEnvironment("REDIS_DB");
  private static final Setting<String> USER =
      Setting.optionalText("user", "User of an ACL; none is the default user.");
  private static final Setting<Secret> PASSWORD =
      Setting.optionalSecret("password", "The user's password.").orEnvironment("REDIS_PASSWORD");
  private static final Setting<Boolean> TLS =
      Setting.flag("tls", false, "Whether to speak TLS; the server's certificate is checked.");
  private static final Setting<Path> CA_FILE =
      Setting.optionalPath(
          "ca_file", "PEM file of the authorities to trust with TLS instead of the JDK's.");
  private static final Setting<String> KEY_PREFIX =
      Setting.text("key_prefix", "", "Comes before every key, such as llm: in a shared database.");
  private static final Setting<Integer> CONNECTIONS =
      Setting.integer("connections", 8, 1, 1_000, "The most connections at once.");

  /**
   * Reads the section.
   *
   * @return empty when no Redis is set up
   */
  public static Optional<RedisSettings> read(Section redis) {
    var keys =
        new RedisSettings(
            redis.find(HOST).orElse(""),
            redis.get(PORT),
            redis.find(USER),
            redis.find(PASSWORD),
            redis.get(DATABASE),
            redis.get(TLS),
            redis.find(CA_FILE),
            redis.get(KEY_PREFIX),
            redis.get(CONNECTIONS));
    Optional<Secret> url = redis.find(URL);
    if (url.isEmpty()) {
      return keys.host.isEmpty() ? Optional.empty() : Optional.of(keys);
    }
    Optional<RedisSettings> of = keys.at(url.get().reveal());
    if (of.isEmpty()) {
      redis.reject(
          "url",
          "must be redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] or rediss://…; it is not shown"
              + " here since it may hold a password");
    }
    return of;
  }

  /** The same at another address; empty when that is none. */
  private Optional<RedisSettings> at(String url) {
    try {
      URI uri = URI.create(url);
      boolean encrypted = "rediss".equals(uri.getScheme());
      if (uri.getHost() == null || !(encrypted || "redis".equals(uri.getScheme()))) {
        return Optional.empty();
      }
      String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
      int number = path.isEmpty() ? database : Integer.parseInt(path);
      String[] names = (uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo()).split(":", 2);
      Optional<String> name = Optional.of(decode(names[0])).filter(text -> !text.isEmpty());
      Optional<Secret> word =
          names.length < 2 ? password : Optional.of(new Secret(decode(names[1])));
      int portNumber = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
      return number < 0 || number > MAX_DATABASE
          ? Optional.empty()
          : Optional.of(
              new RedisSettings(
                  uri.getHost(),
                  portNumber,
                  name.or(() -> user),
                  word,
                  number,
                  encrypted,
                  caFile,
                  keyPrefix,
                  connections));
    } catch (IllegalArgumentException _) { // no URI, or no number
      return Optional.empty();
    }
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static Function<String, Integer> portParser() {
    return text -> {
      var link = PORT_OF_LINK.matcher(text);
      int port = Integer.parseInt(link.matches() ? link.group(1) : text);
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException();
      }
      return port;
    };
  }

  /** Without secrets, for logs. */
  String address() {
    return host + ":" + port + "/" + database;
  }

  /** The address and no secret. */
  @Override
  public String toString() {
    return "Redis at " + address();
  }
}
