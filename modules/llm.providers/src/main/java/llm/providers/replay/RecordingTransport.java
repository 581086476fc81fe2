package llm.providers.replay;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.BiConsumer;
import llm.domain.call.Call;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamResponse;

/** The way to an upstream, and a recorder that sees what passes. */
final class RecordingTransport implements Transport {
  private final Transport way;
  private final Recorder recorder;

  RecordingTransport(Transport way, Recorder recorder) {
    this.way = way;
    this.recorder = recorder;
  }

  @Override
  public UpstreamResponse send(UpstreamRequest request, Call call) throws TransportException {
    Tape tape = recorder.begin(request, call);
    boolean told = false;
    try {
      UpstreamResponse response = way.send(request, call);
      tape.head(response);
      told = true;
      return new Seen(response, tape);
    } catch (TransportException failure) {
      told = true;
      tape.failed(failure);
      throw failure;
    } finally {
      if (!told) {
        tape.broken();
      }
    }
  }

  @Override
  public int warm(int count, Call call) throws TransportException {
    return way.warm(count, call);
  }

  /** Exchanges under way fail first, so that they are recorded with their ends. */
  @Override
  public void close() {
    way.close();
    recorder.close();
  }

  /** Who records, for tests. */
  Recorder recorder() {
    return recorder;
  }

  /** A response whose body is recorded as it is read. */
  private static final class Seen extends InputStream implements UpstreamResponse {
    private final UpstreamResponse response;
    private final InputStream body;
    private final Tape tape;
    private final byte[] one = new byte[1];

    private Seen(UpstreamResponse response, Tape tape) {
      this.response = response;
      this.body = response.body();
      this.tape = tape;
    }

    @Override
    public int status() {
      return response.status();
    }

    @Override
    public Optional<String> header(String name) {
      return response.header(name);
    }

    @Override
    public void eachHeader(BiConsumer<String, String> taker) {
      response.eachHeader(taker);
    }

    @Override
    public InputStream body() {
      return this;
    }

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int count;
      try {
        count = body.read(to, offset, length);
      } catch (TransportException failure) {
        tape.failed(failure);
        throw failure;
      }
      if (count < 0) {
        tape.complete();
      } else if (count > 0) {
        tape.read(to, offset, count);
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      return body.available();
    }

    @Override
    public void close() {
      tape.closed(); // before its reads fail of it
      response.close();
    }
  }
}
