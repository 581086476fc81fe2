package llm.providers.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamRequest.Body;
import llm.providers.transport.UpstreamRequest.Header;
import llm.providers.transport.UpstreamResponse;

/**
 * Sends requests to one upstream and says in our words why one came to nothing. Of the caller only
 * the request's id and trace go along, never its credentials. Thread-safe.
 */
final class Exchange {
  /** Of an error's body, more is not read. */
  private static final int MOST_ERROR_BYTES = 64 * 1024;

  /** Of an answer to a ping, more is not read. */
  private static final int MOST_PING_BYTES = 1024 * 1024;

  /** Room for a body whose length is not known; it grows. */
  private static final int FIRST_BYTES = 4 * 1024;

  /** A length of so many digits is believed when memory is taken. */
  private static final int SMALL_DIGITS = 4;

  private static final Header JSON = new Header("content-type", "application/json");
  private static final String WANTS_JSON = "application/json";
  private static final Header AGENT = new Header("user-agent", "llm.server");
  private static final Duration SOON = Duration.ofSeconds(1);

  private final String provider;
  private final List<Header> headers;
  private final int maxConnections;
  private final Transport transport;
  private final TimeSource time;
  private final UpstreamFailures failures;

  Exchange(Upstream settings, Transport transport, TimeSource time) {
    this.provider = settings.name();
    this.headers = withAgent(settings.headers());
    this.maxConnections = settings.transport().maxConnections();
    this.transport = transport;
    this.time = time;
    this.failures = new UpstreamFailures(provider);
  }

  /** What to say of this upstream's failures. */
  UpstreamFailures failures() {
    return failures;
  }

  /**
   * Sends JSON and waits for a head that accepts it.
   *
   * @param said says what it means when that is refused
   * @return the response, status 200 to 299, for the caller to close
   * @throws LlmException when there is none, or it refuses
   */
  UpstreamResponse ask(Question question, Call call, UpstreamFailures said) throws LlmException {
    String wanted = question.stream() ? question.framing().accepted() : WANTS_JSON;
    return accepted(
        send(question.method(), question.path(), question.body(), call, wanted), call, said);
  }

  /** Gets what is at {@code path}; see {@link #ask}. */
  UpstreamResponse get(String path, Call call) throws LlmException {
    return accepted(send("GET", path, Body.NONE, call, WANTS_JSON), call, failures);
  }

  /**
   * Asks what has a light answer, and reads that to its end, so that the connection can be used
   * again; one that is long costs its connection instead.
   *
   * @return the status, whatever it is
   * @throws LlmException when there is no answer
   */
  int ping(String method, String path, Call call) throws LlmException {
    try (UpstreamResponse response = send(method, path, Body.NONE, call, WANTS_JSON)) {
      InputStream body = response.body();
      byte[] bytes = new byte[FIRST_BYTES];
      int read = 0;
      for (int n = 0; n >= 0 && read < MOST_PING_BYTES; n = body.read(bytes)) {
        read += n;
      }
      return response.status();
    } catch (IOException cut) {
      throw new LlmException(failure(cut, call), cut);
    }
  }

  /** All connections are taken. */
  LlmError full() {
    return new LlmError.Overloaded("connections to '" + provider + "'", maxConnections, SOON);
  }

  /** Sees to it that a connection is open for the next request. */
  void warm(Call call) throws LlmException {
    try {
      transport.warm(1, call);
    } catch (TransportException failure) {
      throw new LlmException(failure(failure, call), failure);
    }
  }

  /** Reads a body to its end; one larger than {@code most} bytes is a failure. */
  byte[] whole(UpstreamResponse response, int most, Call call) throws LlmException {
    InputStream body = response.body();
    byte[] bytes = new byte[firstSize(response)];
    int size = 0;
    try {
      for (int n = body.read(bytes); n >= 0; n = body.read(bytes, size, bytes.length - size)) {
        size += n;
        if (size > most) {
          throw new LlmException(
              failures.broke("sent an answer of more than " + most + " bytes, which is not read"));
        }
        if (size == bytes.length) {
          bytes = Arrays.copyOf(bytes, 2 * size);
        }
      }
    } catch (IOException cut) {
      throw new LlmException(failure(cut, call), cut);
    }
    return Arrays.copyOf(bytes, size);
  }

  /** A byte more than the body says it has, so that its end is met without growing. */
  private static int firstSize(UpstreamResponse response) {
    String said = response.header("content-length").orElse("");
    boolean small = !said.isEmpty() && said.length() <= SMALL_DIGITS && isDigits(said);
    return small ? Integer.parseInt(said) + 1 : FIRST_BYTES;
  }

  private static boolean isDigits(String text) {
    for (int index = 0; index < text.length(); index++) {
      if (text.charAt(index) < '0' || text.charAt(index) > '9') {
        return false;
      }
    }
    return true;
  }

  /** What an exchange's failure is to the caller. A cancelled call failed of that. */
  LlmError failure(IOException failure, Call call) {
    Optional<CancelReason> reason = call.cancelled();
    if (reason.isPresent()) {
      return cancelled(reason.get(), call);
    }
    if (!(failure instanceof TransportException transportFailure)) {
      return failures.broke("sent what cannot be read: " + failure.getMessage());
    }
    String why = transportFailure.getMessage();
    return switch (transportFailure.kind()) {
      case CONNECT, TLS ->
          new LlmError.ProviderUnreachable(
              provider, "Provider '" + provider + "' cannot be reached: " + sentence(why));
      case POOL_EXHAUSTED -> full();
      case TIMEOUT -> failures.broke("did not answer in time: " + why);
      case CUT -> failures.broke("broke off the connection: " + why);
      case PROTOCOL -> failures.broke("sent what is no HTTP: " + why);
      case CANCELLED -> new LlmError.Cancelled(CancelReason.SHUTDOWN);
    };
  }

  private static String sentence(String said) {
    return said.endsWith(".") ? said : said + ".";
  }

  private LlmError cancelled(CancelReason reason, Call call) {
    return reason.isFailure()
        ? new LlmError.DeadlineExceeded(
            reason, "Provider '" + provider + "'", call.deadline().budget())
        : new LlmError.Cancelled(reason);
  }

  private UpstreamResponse send(String method, String path, Body body, Call call, String wanted)
      throws LlmException {
    var fields = new ArrayList<Header>(headers.size() + 6);
    if (body != Body.NONE) {
      fields.add(JSON);
    }
    fields.add(new Header("accept", wanted));
    fields.addAll(headers);
    fields.add(new Header("x-request-id", call.id().value()));
    fields.add(new Header("x-correlation-id", call.id().value())); // what another of us takes
    call.trace()
        .ifPresent(trace -> {
          fields.add(new Header("traceparent", trace.traceparent()));
          if (!trace.state().isEmpty()) {
            fields.add(new Header("tracestate", trace.state()));
          }
        });
    try {
      return transport.send(new UpstreamRequest(method, path, fields, body), call);
    } catch (TransportException failure) {
      throw new LlmException(failure(failure, call), failure);
    }
  }

  private UpstreamResponse accepted(UpstreamResponse response, Call call, UpstreamFailures said)
      throws LlmException {
    int status = response.status();
    if (status < 300) {
      return response;
    }
    try (response) {
      if (status < 400) {
        throw new LlmException(
            failures.broke(
                "answered with a redirect (status "
                    + status
                    + "), which is not followed; check its base_url"));
      }
      byte[] body = errorBody(response, call);
      Optional<Duration> after = RetryAfter.of(response::header, time.now());
      throw new LlmException(said.refused(status, body, after));
    }
  }

  /** As much of an error's body as comes; that it was cut changes nothing. */
  private byte[] errorBody(UpstreamResponse response, Call call) throws LlmException {
    try {
      return response.body().readNBytes(MOST_ERROR_BYTES);
    } catch (IOException cut) {
      if (call.cancelled().isPresent()) {
        throw new LlmException(failure(cut, call), cut);
      }
      return new byte[0];
    }
  }

  private static List<Header> withAgent(List<Header> configured) {
    var all = new ArrayList<>(configured);
    if (all.stream().noneMatch(header -> header.name().equalsIgnoreCase(AGENT.name()))) {
      all.add(AGENT);
    }
    return List.copyOf(all);
  }
}
