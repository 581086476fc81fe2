package llm.server.engine.message;

import com.sun.net.httpserver.Headers;
import java.net.URI;

/**
 * The head of a request that keeps every rule.
 *
 * @param method as it was sent: methods are case-sensitive
 * @param target the target; its path is never empty, {@code *} for {@code OPTIONS *}
 * @param isOld whether the client speaks HTTP/1.0
 * @param fields the header fields; the caller's to change
 * @param length the body's length in bytes, 0 for none, {@link #CHUNKED} when its chunks tell
 * @param expectsContinue whether the client waits for 100 before it sends the body
 * @param keepsAlive whether the client wants to send another request on this connection
 */
public record RequestHead(
    String method,
    URI target,
    boolean isOld,
    Headers fields,
    long length,
    boolean expectsContinue,
    boolean keepsAlive) {

  /** The length of a body that comes in chunks. */
  public static final long CHUNKED = -1;

  /** Whether this is {@code OPTIONS *}, which asks about the server as a whole. */
  public boolean isAboutServer() {
    return target.getRawPath().equals("*");
  }
}
