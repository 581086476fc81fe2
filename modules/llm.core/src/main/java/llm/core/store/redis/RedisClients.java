package llm.core.store.redis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/** Makes the client of a Redis by its settings; does not connect. */
final class RedisClients {
  private static final String STORE_TYPE = "PKCS12";

  private RedisClients() {}

  static RedisClient create(RedisSettings settings, Duration timeLimit) {
    int millis = (int) timeLimit.toMillis();
    var config =
        DefaultJedisClientConfig.builder()
            .resp2()
            .connectionTimeoutMillis(millis)
            .socketTimeoutMillis(millis)
            .database(settings.database())
            .clientName("llm.server");
    settings.user().ifPresent(config::user);
    settings.password().ifPresent(secret -> config.password(secret.reveal()));
    if (settings.tls()) {
      var options = SslOptions.builder().sslVerifyMode(SslVerifyMode.FULL);
      settings.caFile().ifPresent(file -> trust(file, options));
      config.sslOptions(options.build());
    }
    return RedisClient.builder()
        .hostAndPort(settings.host(), settings.port())
        .clientConfig(config.build())
        .poolConfig(pool(settings.connections(), timeLimit))
        .build();
  }

  /**
   * Looks at a file of authorities before it is needed.
   *
   * @throws IllegalArgumentException when it cannot be used
   */
  static void checkAuthorities(Path file) {
    trust(file, SslOptions.builder());
  }

  private static ConnectionPoolConfig pool(int connections, Duration timeLimit) {
    var pool = new ConnectionPoolConfig();
    pool.setMaxTotal(connections);
    pool.setMaxIdle(connections);
    pool.setMaxWait(timeLimit);
    pool.setTimeBetweenEvictionRuns(Duration.ofMillis(-1)); // no thread of its own
    pool.setJmxEnabled(false);
    return pool;
  }

  /** Jedis takes authorities as a store of the JDK's kind; users have them as PEM. */
  private static void trust(Path file, SslOptions.Builder options) {
    try (InputStream pem = Files.newInputStream(file)) {
      var store = KeyStore.getInstance(STORE_TYPE);
      store.load(null, null);
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca" + store.size(), authority);
      }
      if (store.size() == 0) {
        throw new IllegalArgumentException("redis.ca_file " + file + " holds no certificate");
      }
      char[] password = "not secret".toCharArray();
      var bytes = new ByteArrayOutputStream();
      store.store(bytes, password);
      options
          .trustStoreType(STORE_TYPE)
          .truststore(() -> new ByteArrayInputStream(bytes.toByteArray()), password);
    } catch (IOException | GeneralSecurityException unusable) {
      throw new IllegalArgumentException(
          "redis.ca_file " + file + " cannot be used: " + unusable, unusable);
    }
  }
}
