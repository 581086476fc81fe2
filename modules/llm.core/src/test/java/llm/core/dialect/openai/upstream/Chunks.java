package llm.core.dialect.openai.upstream;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** Chunks as the field's servers send them, and a reader for them. */
final class Chunks {
  static final UpstreamFailures FAILURES = new UpstreamFailures("up");

  /** Chunks of the usual shape, in the words of several servers. */
  static final List<String> USUAL =
      List.of(
          // OpenAI
          """
          {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1731000000,"model":"gpt-4o",\
          "service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":\
          {"content":" world"},"logprobs":null,"finish_reason":null}],"usage":null,\
          "obfuscation":"x9"}\
          """,
          // llama-server
          """
          {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],\
          "created":1731000000,"id":"chatcmpl-x","model":"m.gguf","system_fingerprint":"b1-a",\
          "object":"chat.completion.chunk"}\
          """,
          // vLLM
          """
          {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"org/m","choices":[\
          {"index":0,"delta":{"reasoning_content":"hm \\n"},"logprobs":null,"finish_reason":null,\
          "token_ids":null}]}\
          """,
          // Ollama
          """
          {"id":"chatcmpl-3","object":"chat.completion.chunk","created":17,"model":"llama3.2",\
          "system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant",\
          "content":"grüße 😀"},"finish_reason":null}]}\
          """,
          // OpenRouter
          """
          {"id":"gen-1","provider":"Azure","model":"openai/gpt-4o-mini","object":\
          "chat.completion.chunk","created":17,"choices":[{"index":0,"delta":{"role":"assistant",\
          "content":""},"finish_reason":"stop","native_finish_reason":null,"logprobs":null}]}\
          """,
          """
          { "choices" : [ { "delta" : { "content" : "a \\"quoted\\" \\u00e9\\ud83d" } } ] }\s\
          """,
          """
          {"choices":[]}\
          """);

  /** A chunk with log probabilities as OpenAI has them. */
  static final String WITH_LOGPROBS =
      """
      {"id":"chatcmpl-1","object":"chat.completion.chunk","created":17,"model":"gpt-4o","choices":\
      [{"index":0,"delta":{"content":" a"},"logprobs":{"content":[{"token":" a","logprob":-0.5,\
      "bytes":[32,97],"top_logprobs":[{"token":" a","logprob":-0.5,"bytes":[32,97]},\
      {"token":"b","logprob":-2,"bytes":[98]}]}],"refusal":null},"finish_reason":null}],"usage":null}\
      """;

  /** Chunks of other shapes. */
  static final List<String> UNUSUAL =
      List.of(
          """
          {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function",\
          "function":{"name":"f","arguments":""}}]},"finish_reason":null}]}\
          """,
          """
          {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,\
          "prompt_tokens_details":{"cached_tokens":4},\
          "completion_tokens_details":{"reasoning_tokens":2}}}\
          """,
          """
          {"error":{"message":"boom","type":"server_error","param":null,"code":null}}\
          """,
          """
          {"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"a"}]}}],"x":{"y":[1.5]}}\
          """,
          WITH_LOGPROBS);

  private Chunks() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static ChunkReader reader() {
    int[] next = {0};
    return new ChunkReader(FAILURES, () -> "made-" + next[0]++);
  }

  /** The events of the chunks, the end among them; a failure stands there as its error. */
  static List<Object> events(String... chunks) {
    var events = new ArrayList<>();
    ChunkReader reader = reader();
    try {
      for (String chunk : chunks) {
        byte[] data = bytes(chunk);
        reader.read(data, 0, data.length, events::add);
      }
      events.add(reader.end());
    } catch (LlmException failure) {
      events.add(failure.error());
    }
    return events;
  }

  static StreamEvent text(String text) {
    return new StreamEvent.TextDelta(text);
  }
}
