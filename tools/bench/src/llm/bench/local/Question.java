package llm.bench.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import llm.bench.system.Server;

/**
 * A chat request for a stream.
 *
 * @param prompt the user's text
 * @param maxTokens of the answer
 * @param temperature 0 for the likeliest token each time
 * @param seed of the choice of tokens; below 0: none is named
 * @param cancelAfter pieces after which the client leaves; 0 to read to the end
 * @param more further fields of the body, each with a comma behind it; empty text for none
 */
public record Question(
    String prompt, int maxTokens, double temperature, long seed, int cancelAfter, String more) {

  /** Without further fields. */
  public Question(String prompt, int maxTokens, double temperature, long seed, int cancelAfter) {
    this(prompt, maxTokens, temperature, seed, cancelAfter, "");
  }

  /** The likeliest tokens, read to the end. */
  public static Question greedy(String prompt, int maxTokens) {
    return new Question(prompt, maxTokens, 0, 1, 0, "");
  }

  /** The bytes of the request to the model {@code local}. */
  byte[] request(int port) {
    byte[] body =
        """
        {%s"model":"local","messages":[{"role":"user","content":%s}],"max_tokens":%d,\
        "temperature":%s,%s"stream":true,"stream_options":{"include_usage":true}}\
        """
            .formatted(
                more,
                Fields.quoted(prompt),
                maxTokens,
                temperature,
                seed < 0 ? "" : "\"seed\":" + seed + ",")
            .getBytes(UTF_8);
    byte[] head =
        """
        POST /v1/chat/completions HTTP/1.1\r
        Host: 127.0.0.1:%d\r
        Authorization: Bearer %s\r
        Content-Type: application/json\r
        Content-Length: %d\r
        Connection: close\r
        \r
        """
            .formatted(port, Server.KEY, body.length)
            .getBytes(UTF_8);
    byte[] request = new byte[head.length + body.length];
    System.arraycopy(head, 0, request, 0, head.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    return request;
  }
}
