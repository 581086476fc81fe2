package llm.server.trace;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import llm.core.trace.Collector;
import llm.core.trace.TracingSettings;
import llm.core.trace.TracingSettings.Compression;

/**
 * Posts batches by HTTP/1.1 to where the settings say. The client is made for the first batch, so
 * that it costs a start nothing. Redirects are not followed. Used by one thread at a time.
 */
public final class HttpCollector implements Collector {
  /** An answer that is longer is none. */
  private static final int MOST_BYTES = 64 * 1024;

  private final TracingSettings settings;
  private HttpClient client; // null until it is needed

  /**
   * A collector.
   *
   * @param settings with an endpoint
   */
  public HttpCollector(TracingSettings settings) {
    this.settings = settings;
  }

  @Override
  public Answer post(byte[] body) throws IOException, InterruptedException {
    var handler = BodyHandlers.limiting(BodyHandlers.ofString(), MOST_BYTES);
    var exchange = client().sendAsync(request(body), handler);
    try {
      HttpResponse<String> response = exchange.get(settings.timeout().toNanos(), NANOSECONDS);
      return new Answer(
          response.statusCode(), response.headers().firstValue("retry-after"), response.body());
    } catch (TimeoutException _) {
      throw new IOException("no answer within " + settings.timeout().toMillis() + " ms");
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof IOException failure) {
        throw new IOException(word(failure), failure);
      }
      throw new IllegalStateException(failed.getCause());
    } finally {
      exchange.cancel(true); // does nothing when it is over
    }
  }

  /** The client often says by its class alone what went wrong. */
  private static String word(IOException failure) {
    String kind = failure.getClass().getSimpleName();
    return failure.getMessage() == null ? kind : kind + ": " + failure.getMessage();
  }

  private HttpRequest request(byte[] body) {
    var request =
        HttpRequest.newBuilder(settings.endpoint().orElseThrow())
            .header("content-type", "application/json")
            .header("user-agent", "llm.server");
    settings.headers().forEach((name, value) -> request.setHeader(name, value.reveal()));
    if (settings.compression() == Compression.GZIP) {
      return request
          .header("content-encoding", "gzip")
          .POST(BodyPublishers.ofByteArray(zipped(body)))
          .build();
    }
    return request.POST(BodyPublishers.ofByteArray(body)).build();
  }

  private static byte[] zipped(byte[] body) {
    var bytes = new ByteArrayOutputStream(body.length / 4 + 64);
    try (var zip = new GZIPOutputStream(bytes)) {
      zip.write(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException("a buffer in memory cannot fail", impossible);
    }
    return bytes.toByteArray();
  }

  private HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(settings.timeout())
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .build();
    }
    return client;
  }
}
